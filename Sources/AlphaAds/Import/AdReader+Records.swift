import LakeBytes

extension AdReader {
    /// The ads of `data`, a list of records in JSON.
    func records(_ cell: AdCell) -> [Outcome] {
        var records = AdRecords()
        let isList = records.read(cell.data, cell.start, cell.end)
        guard isList else { return [.unreadable(reason: "'data' holds no list of ads")] }
        let columns = records.takeColumns()
        return records.elements.map { element in
            switch element {
            case .fault(let reason): return .unreadable(reason: reason)
            case .row(let row):
                let ad = read(AdRow(columns: columns, row: row), .json)
                return ad != Ad() ? .ad(ad) : .unreadable(reason: "no field of an ad has a value")
            }
        }
    }
}

/// Takes a list of records in JSON apart, into the columns that `AdReader` reads.
private struct AdRecords {
    enum Element {
        case row(Int)
        case fault(String)
    }

    /// The value of a field, where it is.
    private enum Piece {
        case text(LooseValue.Text)
        case nested(Range<Int>)
    }

    private(set) var elements: [Element] = []
    private var rows = 0
    private var strings = [ByteStrings](repeating: ByteStrings(), count: AdField.allNames.count)
    private var validity = [Bitmap](repeating: Bitmap(), count: AdField.allNames.count)
    private var pieces = [Piece?](repeating: nil, count: AdField.allNames.count)

    /// - Returns: whether there is a list.
    mutating func read(_ data: [UInt8], _ start: Int, _ end: Int) -> Bool {
        let bytes = data.span
        var at = start
        guard at < end, bytes[at] == 0x5B || bytes[at] == 0x7B else { return false }
        if bytes[at] == 0x5B { at += 1 }
        while at < end {
            let byte = bytes[at]
            if LooseValue.isBlank(byte) || byte == 0x2C || byte == 0x5D {
                at += 1
                continue
            }
            let number = elements.count + 1
            guard byte == 0x7B else {
                LooseValue.skip(bytes, &at, end)
                elements.append(.fault("element \(number) of 'data' is no object"))
                continue
            }
            at += 1
            guard members(data, &at, end) else {
                // Where the next record begins can no longer be told.
                elements.append(.fault("'data' cannot be read from its element \(number) on"))
                break
            }
            append(data)
            elements.append(.row(rows - 1))
        }
        return true
    }

    /// Reads the members of the object whose bracket is before `at`.
    /// - Returns: whether it was whole.
    private mutating func members(_ data: [UInt8], _ at: inout Int, _ end: Int) -> Bool {
        let bytes = data.span
        for index in pieces.indices { pieces[index] = nil }
        while at < end {
            let byte = bytes[at]
            if byte == 0x7D {
                at += 1
                return true
            }
            if LooseValue.isBlank(byte) || byte == 0x2C {
                at += 1
                continue
            }
            guard let key = LooseValue.key(bytes, &at, end), at < end else {
                return false
            }
            let field = AdField.positions[String(decoding: data[key.start..<key.end], as: UTF8.self)]
            let start = at
            if LooseValue.isOpening(bytes[at]) {
                guard LooseValue.skip(bytes, &at, end) else { return false }
                if let field { pieces[field] = .nested(start..<at) }
            } else {
                guard let value = LooseValue.scalar(bytes, &at, end) else { return false }
                let isNone = !value.isQuoted && LooseValue.isAbsent(bytes, value.start, value.end)
                if let field { pieces[field] = isNone ? nil : .text(value) }
            }
        }
        return false
    }

    private mutating func append(_ data: [UInt8]) {
        for field in pieces.indices {
            guard let piece = pieces[field] else { continue }
            pad(field)
            switch piece {
            case .nested(let range): strings[field].data.append(contentsOf: data[range])
            case .text(let text) where !text.isEscaped:
                strings[field].data.append(contentsOf: data[text.start..<text.end])
            case .text(let text): LooseValue.decode(data.span, text, into: &strings[field].data)
            }
            strings[field].offsets.append(strings[field].data.count)
            validity[field].append(true)
        }
        rows += 1
    }

    /// Fills a column up with NULLs: most fields are in no record, and cost nothing.
    private mutating func pad(_ field: Int) {
        let missing = rows - strings[field].count
        guard missing > 0 else { return }
        strings[field].offsets.append(contentsOf: repeatElement(strings[field].data.count, count: missing))
        validity[field].append(repeating: false, count: missing)
    }

    mutating func takeColumns() -> [ColumnVector] {
        for field in strings.indices { pad(field) }
        let columns = strings.indices.map { ColumnVector(.bytes(strings[$0]), validity: validity[$0]) }
        (strings, validity) = ([], [])
        return columns
    }
}
