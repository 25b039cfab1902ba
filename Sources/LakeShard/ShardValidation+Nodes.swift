import LakeBytes
import LakeCore

extension ShardValidation {
    /// Reads every value and holds the directories, the counts and the bitmaps against them.
    func checkNodes(_ log: FindingLog, _ meter: Meter, rowsPerKey: [[UInt32]?]) {
        let nodes = reader.nodes.filter { !$0.record.isAbsent }
        forEach(nodes.count) { index in
            let node = nodes[index]
            log.attempt(node.column, offset: node.record.directory) {
                _ = try node.directory()
                guard node.isDictionaryCoded else { return }
                try checkValues(try node.dictionary().values, node.type)
                if let counts = try node.counts() {
                    let totals = counts.totals(codeCount: Int(node.nullCode))
                    if let missing = totals.firstIndex(of: 0) {
                        throw LakeError(.corrupt, "dictionary value \(missing) does not occur")
                    }
                }
            }
            if let group = node.record.role.group { checkKeyCounts(node, rowsPerKey[group], log) }
        }
        let chunks = nodes.flatMap { node in (0..<node.chunkCount).map { (node: node, chunk: $0) } }
        forEach(chunks.count) { task in
            let (node, chunk) = chunks[task]
            // A directory that cannot be read has been noted above.
            guard let record = try? node.directory()[chunk] else { return }
            log.attempt(node.column, chunk: chunk, offset: record.offset) {
                try check(node, chunk: chunk, record)
            }
            meter.advance(Int(clamping: record.storedLength))
        }
    }

    private func check(_ node: NodeReader, chunk: Int, _ record: DirectoryRecord) throws {
        switch node.record.role.role {
        case .keyCodes where record.encoding == .sequences:
            var codes: [UInt32] = []
            try reader.groups[node.record.role.subject].codes(chunk: chunk, into: &codes)
            try checkStatistics(of: ColumnVector(codes: codes), record, .uint32)
        case .keyCodes, .rowCounts:
            var codes: [UInt32] = []
            try node.codes(chunk: chunk, into: &codes)
            try checkStatistics(of: ColumnVector(codes: codes), record, .uint32)
        case .values, .elements:
            let elements =
                node.type.physical == .list ? try reader.elements(ofField: node.record.role.subject) : nil
            let vector = try node.vector(chunk: chunk, elements: elements)
            guard vector.count == record.count, vector.nullCount == record.nullCount else {
                throw LakeError(
                    .corrupt,
                    "\(vector.count) values, \(vector.nullCount) of them NULL; the directory says \(record.count) and "
                        + "\(record.nullCount)")
            }
            if node.isDictionaryCoded, case .codes(let codes, _) = vector.values {
                try checkStatistics(of: ColumnVector(codes: codes, nullCode: node.nullCode), record, .uint32)
                if node.record.role.group == nil { try checkIndex(node, codes, chunk: chunk) }
            } else {
                let spelledOut = node.type.physical == .bytes ? vector.withoutRepeats() : vector
                try checkValues(spelledOut, node.type)
                try checkStatistics(of: spelledOut, record, node.type)
            }
        }
    }

    /// Values that are in the range of their type, and valid UTF-8.
    private func checkValues(_ vector: ColumnVector, _ type: DataType) throws {
        switch vector.values {
        case .integers(let values):
            guard let range = type.integerRange, type != .uint64 else { return }
            for (index, value) in values.enumerated() where !range.contains(value) && !vector.isNull(index) {
                throw LakeError(.corrupt, "value \(index) is \(value), no \(type)")
            }
        case .floats(let values):
            guard type == .float32 else { return }
            for (index, value) in values.enumerated() where !vector.isNull(index) {
                guard value.isNaN || Double(Float(value)) == value else {
                    throw LakeError(.corrupt, "value \(index) is \(value), no \(type)")
                }
            }
        case .bytes(let strings):
            guard type == .utf8 else { return }
            for index in 0..<strings.count where !vector.isNull(index) {
                guard String(validating: strings[index], as: UTF8.self) != nil else {
                    throw LakeError(.corrupt, "value \(index) is not valid UTF-8")
                }
            }
        case .codes, .lists: return
        }
    }

    private func checkStatistics(of vector: ColumnVector, _ record: DirectoryRecord, _ type: DataType) throws {
        let stated = record.statistics
        let valid = (0..<vector.count).lazy.filter { !vector.isNull($0) }
        var isRight = stated.flags & ~0x1F_1F07 == 0
        switch vector.values {
        case .integers(let values):
            let flip: Int64 = type == .uint64 ? .min : 0
            let bounds = bounds(of: valid.map { values[$0] ^ flip }, by: <)
            let found = bounds.map { Statistics(integers: $0.low ^ flip, $0.high ^ flip) }
            isRight = isRight && (stated.isGiven ? stated == found : stated == Statistics())
        case .floats(let values):
            // As numbers: which of 0.0 and -0.0 is the minimum is left open.
            let bounds = bounds(of: valid.map { values[$0] }.filter { !$0.isNaN }, by: <)
            isRight =
                isRight && (stated.floats.map { $0.low == bounds?.low && $0.high == bounds?.high } ?? true)
                && stated.hasNaN == valid.contains { values[$0].isNaN }
        case .bytes(let strings):
            let bounds = bounds(of: valid.map { strings[$0] }) { $0.lexicographicallyPrecedes($1) }
            let found = bounds.map { Statistics(bytes: Array($0.low), Array($0.high)) }
            isRight = isRight && (stated.isGiven ? stated == found : stated == Statistics())
        case .lists: isRight = stated == Statistics()
        case .codes: break
        }
        guard isRight else { throw LakeError(.corrupt, "statistics that disagree with the values") }
    }

    private func bounds<Value>(
        of values: some Sequence<Value>, by precedes: (Value, Value) -> Bool
    ) -> (low: Value, high: Value)? {
        var bounds: (low: Value, high: Value)?
        for value in values {
            guard let (low, high) = bounds else {
                bounds = (value, value)
                continue
            }
            if precedes(value, low) { bounds?.low = value }
            if precedes(high, value) { bounds?.high = value }
        }
        return bounds
    }
}

extension ColumnVector {
    /// Codes as the integers that their statistics are about, NULL where they are `nullCode`.
    fileprivate init(codes: [UInt32], nullCode: UInt32? = nil) {
        var validity = Bitmap(count: codes.count, filled: true)
        if let nullCode { for (index, code) in codes.enumerated() where code == nullCode { validity[index] = false } }
        self.init(.integers(codes.map(Int64.init)), validity: validity)
    }

    /// The distinct values of a vector of codes, and a NULL if it has one: enough for what holds for each value.
    fileprivate func withoutRepeats() -> ColumnVector {
        guard case .codes(let codes, let dictionary) = values else { return self }
        let distinct = Set(codes).sorted()
        return ColumnVector(.codes(distinct, dictionary: dictionary)).spelledOut()
    }
}
