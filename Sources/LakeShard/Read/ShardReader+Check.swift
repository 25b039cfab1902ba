import LakeBytes
import LakeCore

extension ShardReader {
    /// Reads everything there is and compares what is stored twice: checksums, counts, statistics, the index, the row
    /// counts of keys, UTF-8.
    /// - Parameter limit: how many errors to look for at most.
    /// - Returns: what is wrong, each with column, chunk and offset as far as they are known; empty for a sound shard.
    public func check(limit: Int = 100) -> [LakeError] {
        let check = ShardCheck(reader: self, limit: limit)
        check.run()
        return check.errors
    }
}

/// One pass over a shard, collecting what is wrong.
private final class ShardCheck {
    private let reader: ShardReader
    private let limit: Int
    private(set) var errors: [LakeError] = []
    private var rowsPerKey: [[UInt32]?] = []

    init(reader: ShardReader, limit: Int) {
        self.reader = reader
        self.limit = limit
    }

    func run() {
        attempt { _ = try reader.schema() }
        checkSegments()
        for group in reader.groups.indices { checkGroup(group) }
        for node in reader.nodes where !node.record.isAbsent {
            switch node.record.role.role {
            case .values, .elements: checkNode(node)
            case .keyCodes, .rowCounts: continue
            }
        }
    }

    /// Notes the error of `body`, once however often it comes up.
    private func attempt(_ column: String? = nil, chunk: Int? = nil, _ body: () throws -> Void) {
        guard errors.count < limit else { return }
        do {
            try locating(.init(file: reader.path, column: column, chunk: chunk), body)
        } catch let error as LakeError {
            if !errors.contains(error) { errors.append(error) }
        } catch {
            errors.append(LakeError(.corrupt, "\(error)", at: .init(file: reader.path, column: column, chunk: chunk)))
        }
    }

    private func wrong(_ message: String) -> LakeError { LakeError(.corrupt, message) }

    private func checkSegments() {
        var segments: [ShardSegment] = []
        attempt { segments = try reader.segments() }
        for segment in segments where segment.kind != .footer {
            let node = segment.node.flatMap { $0 < reader.nodes.count ? reader.nodes[$0] : nil }
            attempt(node?.column, chunk: segment.chunk) {
                _ = try SegmentPayload(
                    reader.file, at: segment.offset, kind: segment.kind, node: segment.node, chunk: segment.chunk)
            }
        }
    }

    private func checkGroup(_ group: Int) {
        let key = reader.groups[group]
        rowsPerKey.append(nil)
        guard !key.isAbsent else { return }
        var stated: [UInt32] = []
        attempt(key.countNode.column) { stated = try key.rowsPerKey() }
        guard stated.count == key.keyCount else { return }
        var counted = [UInt32](repeating: 0, count: key.keyCount)
        var (codes, complete): ([UInt32], Bool) = ([], true)
        for chunk in 0..<reader.chunkCount {
            let before = errors.count
            attempt(key.codeNode.column, chunk: chunk) {
                try key.codes(chunk: chunk, into: &codes)
                for code in codes { counted[Int(code)] += 1 }
            }
            complete = complete && errors.count == before
        }
        if complete {
            attempt(key.countNode.column) {
                guard counted == stated else { throw wrong("row counts of keys that disagree with the rows") }
            }
        }
        rowsPerKey[group] = stated
    }

    private func checkNode(_ node: NodeReader) {
        var (directory, counts): ([DirectoryRecord], ValueCounts?) = ([], nil)
        attempt(node.column) {
            directory = try node.directory()
            if node.isDictionaryCoded {
                try checkText(node.dictionary().values, node.type)
                counts = try node.counts()
            }
        }
        let group = node.record.role.group
        let isElements = node.record.role.role == .elements
        var totals = [UInt32: UInt32]()
        for (chunk, record) in directory.enumerated() {
            attempt(node.column, chunk: chunk) {
                let elements = isElements ? nil : reader.elements(ofField: node.record.role.subject)
                let vector = try node.vector(chunk: chunk, elements: elements)
                try checkChunk(vector, record, node.type)
                guard case .codes(let codes, _) = vector.values, let counts else { return }
                if let group {
                    guard let rows = rowsPerKey[group] else { return }
                    let first = chunk * ShardFormat.chunkRows
                    for (index, code) in codes.enumerated() { totals[code, default: 0] += rows[first + index] }
                } else if !isElements {
                    try checkIndex(node, codes, chunk: chunk, counts.part(chunk))
                }
            }
        }
        guard let counts, let group, rowsPerKey[group] != nil, !isElements else { return }
        attempt(node.column) {
            guard Dictionary(uniqueKeysWithValues: counts.part(0).map { ($0.code, $0.rows) }) == totals else {
                throw wrong("counts of values that disagree with the keys")
            }
        }
    }

    private func checkText(_ vector: ColumnVector, _ type: DataType) throws {
        guard type == .utf8, case .bytes(let strings) = vector.values else { return }
        for index in 0..<strings.count where !vector.isNull(index) {
            guard String(validating: strings[index], as: UTF8.self) != nil else {
                throw wrong("value \(index) is not valid UTF-8")
            }
        }
    }

    private func checkChunk(_ vector: ColumnVector, _ record: DirectoryRecord, _ type: DataType) throws {
        let nulls = (0..<vector.count).count { vector.isNull($0) }
        guard vector.count == record.count, nulls == record.nullCount else {
            throw wrong(
                "\(vector.count) values, \(nulls) of them NULL; the directory says \(record.count) and \(record.nullCount)"
            )
        }
        try checkText(vector, type)
        let valid = (0..<vector.count).lazy.filter { !vector.isNull($0) }
        let agrees: Bool
        switch vector.values {
        case .codes(let codes, _):
            let bounds = bounds(of: valid.map { Int64(codes[$0]) }, by: <)
            agrees = record.statistics.integers.map { $0.low == bounds?.low && $0.high == bounds?.high } ?? true
        case .integers(let values):
            let isUnsigned = type == .uint64
            let bounds = bounds(of: valid.map { values[$0] }) {
                isUnsigned ? UInt64(bitPattern: $0) < UInt64(bitPattern: $1) : $0 < $1
            }
            agrees = record.statistics.integers.map { $0.low == bounds?.low && $0.high == bounds?.high } ?? true
        case .floats(let values):
            let bounds = bounds(of: valid.map { values[$0] }.filter { !$0.isNaN }, by: <)
            agrees =
                (record.statistics.floats.map { $0.low == bounds?.low && $0.high == bounds?.high } ?? true)
                && record.statistics.hasNaN == valid.contains { values[$0].isNaN }
        case .bytes(let strings):
            let bounds = bounds(of: valid.map { strings[$0] }) { $0.lexicographicallyPrecedes($1) }
            agrees =
                record.statistics.bytes.map { stated in
                    guard let bounds else { return false }
                    return stated.low.elementsEqual(bounds.low.prefix(16))
                        && stated.high.elementsEqual(bounds.high.prefix(16))
                        && stated.isCut == (bounds.high.count > 16)
                } ?? true
        case .lists: agrees = true
        }
        guard agrees else { throw wrong("statistics that disagree with the values") }
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

    private func checkIndex(
        _ node: NodeReader, _ codes: [UInt32], chunk: Int, _ stated: [(code: UInt32, rows: UInt32)]
    ) throws {
        var counted = [UInt32: UInt32]()
        for code in codes { counted[code, default: 0] += 1 }
        guard counted == Dictionary(uniqueKeysWithValues: stated.map { ($0.code, $0.rows) }) else {
            throw wrong("counts of values that disagree with the rows")
        }
        for (code, rows) in counted {
            guard let bitmap = try node.indexedRows(code: code, chunk: chunk, count: codes.count) else { return }
            guard bitmap.population == Int(rows), bitmap.positions.allSatisfy({ codes[Int($0)] == code }) else {
                throw wrong("a bitmap of the index that disagrees with the rows")
            }
        }
    }
}
