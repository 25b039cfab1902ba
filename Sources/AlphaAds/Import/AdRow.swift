import LakeBytes

/// The cells of one input row.
struct AdRow {
    let columns: [ColumnVector]
    let row: Int

    /// The first cell of a field that says something.
    func first(_ field: AdField) -> AdCell? {
        for column in field.columns {
            if let cell = AdCell(columns[column], row: row) { return cell }
        }
        return nil
    }

    /// The first cell of a field of text. In CSV, a word for no value says nothing.
    private func text(_ field: AdField, _ origin: AdReader.Origin) -> AdCell? {
        for column in field.columns {
            guard let cell = AdCell(columns[column], row: row) else { continue }
            if origin == .json || !cell.isAbsent { return cell }
        }
        return nil
    }

    /// The texts of a list, or the one text that stands for it; those of blanks are left out.
    func frames(_ field: AdField, _ origin: AdReader.Origin, _ flags: inout Set<AdFlag>) -> [String] {
        guard let cell = text(field, origin) else { return [] }
        guard let texts = LooseValue.texts(cell.data.span, cell.start, cell.end) else {
            let text = cell.text(&flags)
            return BodyText.isBlank(text) ? [] : [text]
        }
        var frames: [String] = []
        frames.reserveCapacity(texts.count)
        for text in texts {
            let frame = cell.text(text, &flags)
            if !BodyText.isBlank(frame) { frames.append(frame) }
        }
        return frames
    }

    /// A name; of a list, all of them.
    func name(_ field: AdField, _ origin: AdReader.Origin, _ flags: inout Set<AdFlag>) -> String? {
        let names = frames(field, origin, &flags)
        return names.isEmpty ? nil : names.joined(separator: ", ")
    }

    /// The words of a list, in lower case.
    func words(_ field: AdField) -> [String] {
        guard let cell = first(field) else { return [] }
        var words: [String] = []
        var lower: [UInt8] = []
        for text in LooseValue.words(cell.data.span, cell.start, cell.end) {
            lower.removeAll(keepingCapacity: true)
            LooseValue.decode(cell.data.span, text, into: &lower)
            for index in lower.indices where lower[index] &- 0x41 < 26 { lower[index] |= 0x20 }
            if !lower.isEmpty { words.append(String(decoding: lower, as: UTF8.self)) }
        }
        return words
    }

    /// A day; what is there and is none is flagged.
    func date(_ field: AdField, _ flags: inout Set<AdFlag>) -> Int32? {
        guard let cell = first(field) else { return nil }
        switch AdDate(cell.data.span, cell.start, cell.end) {
        case .day(let day): return day
        case .absent: return nil
        case .number, .unreadable:
            flags.insert(.dateUnreadable)
            return nil
        }
    }

    /// A range, in one cell or in two.
    func range(_ field: AdField, _ lower: AdField, _ upper: AdField, _ flags: inout Set<AdFlag>) -> Ad.Range? {
        if let cell = first(field) { return RangeReader.range(cell, &flags) }
        let cells = (first(lower), first(upper))
        return cells.0 == nil && cells.1 == nil ? nil : RangeReader.range(lower: cells.0, upper: cells.1, &flags)
    }
}
