import LakeBytes
import LakeCore
import LakeShard

/// Reads expressions for the selected rows of one chunk, in pieces that are bounded in bytes. What is decoded for one piece
/// is at hand for the next.
///
/// Used by one thread.
final class MorselReader {
    private let scan: ShardScan
    private let chunk: Int
    private let keys: ChunkKeys
    let rows: ChunkRows
    /// Values of fields whose size is fixed, for all of `rows`.
    private var selected: [Int: ColumnVector] = [:]
    private var keyCodes: [Int: [UInt32]] = [:]
    private var texts: [Int: TextChunk] = [:]
    /// Lists of the whole chunk.
    private var lists: [Int: ColumnVector] = [:]

    init(_ scan: ShardScan, chunk: Int, keys: ChunkKeys, rows: ChunkRows) {
        self.scan = scan
        self.chunk = chunk
        self.keys = keys
        // Few rows are read one by one, even side by side.
        let isFew = rows.count * 8 < scan.reader.rows(ofChunk: chunk)
        self.rows = isFew ? .positions(rows.positions) : rows
    }

    /// A reader of some of the rows: those that stand at `places` among `rows`, ascending.
    func rows(_ places: [Int]) -> MorselReader {
        let own: [Int32] =
            switch rows {
            case .range(let range): places.map { Int32(range.lowerBound + $0) }
            case .positions(let positions): places.map { positions[$0] }
            }
        return MorselReader(scan, chunk: chunk, keys: keys, rows: .positions(own))
    }

    /// The expressions for the rows `part`, counted within `rows`.
    /// - Throws: `LakeError`; `TextTooWide` for more than `textLimit` bytes of text.
    func batch(_ outputs: [Bound], _ part: Range<Int>, textLimit: Int = .max) throws -> Batch {
        Batch(count: part.count, columns: try outputs.map { try vector($0, part, textLimit) })
    }

    private func vector(_ output: Bound, _ part: Range<Int>, _ textLimit: Int) throws -> ColumnVector {
        if case .field(let field, _) = output { return try vector(field, part) }
        var inputs: [Int: ColumnVector] = [:]
        for field in output.fields { inputs[field] = try vector(field, part) }
        return try output.vector(over: FieldVectors(inputs, count: part.count, textLimit: textLimit))
    }

    // MARK: Fields

    private func vector(_ field: Int, _ part: Range<Int>) throws -> ColumnVector {
        if scan.isDerived(field) {
            return try scan.rows(field, chunk: chunk, at: rows.part(part).positions) { group in
                Array(try codes(ofGroup: group)[part])
            }
        }
        if let vector = try varying(field, part) { return try scan.widened(vector, field) }
        if selected[field] == nil { selected[field] = try fixed(field) }
        guard let vector = selected[field] else { return .nulls(part.count, of: scan.schema.fields[field].type) }
        return part.count == rows.count ? vector : vector.slicing(part)
    }

    /// Text that no dictionary holds, and lists: read piece by piece. Nil for other fields.
    private func varying(_ field: Int, _ part: Range<Int>) throws -> ColumnVector? {
        guard let (node, group) = try place(of: field), isVarying(node) else { return nil }
        guard group == nil else { return try node.vector(keys: Array(codes(ofGroup: group ?? 0)[part])) }
        let positions = rows.part(part).positions
        if node.type.physical == .bytes {
            let text = try texts[field] ?? node.text(chunk: chunk)
            texts[field] = text
            return try text.vector(positions)
        }
        let elements = try scan.shardField(field).flatMap { try scan.reader.elements(ofField: $0) }
        let list = try lists[field] ?? node.vector(chunk: chunk, elements: elements)
        lists[field] = list
        return list.gathering(positions.map { Int($0) })
    }

    /// A field whose values have a fixed size, for all rows.
    private func fixed(_ field: Int) throws -> ColumnVector {
        if field == RowNumber.field(in: scan.schema) {
            let first = Int64(scan.rowNumbers(ofChunk: chunk).lowerBound)
            return ColumnVector(.integers(rows.positions.map { first + Int64($0) }))
        }
        guard let (node, group) = try place(of: field) else {
            return .nulls(rows.count, of: scan.schema.fields[field].type)
        }
        guard let group else {
            switch rows {
            case .range(let range):
                let vector = try node.vector(chunk: chunk)
                return try scan.widened(range.count == vector.count ? vector : vector.slicing(range), field)
            case .positions(let positions):
                return try scan.widened(node.vector(chunk: chunk, at: positions), field)
            }
        }
        let keys = try codes(ofGroup: group)
        let values = try scan.keys(field, group: group)
        if case .codes(let all, let dictionary) = values.values {
            return ColumnVector(.codes(Aggregation.gather(all, keys), dictionary: dictionary))
        }
        return values.gathering(keys.map { Int($0) })
    }

    /// The key of each row in a group.
    private func codes(ofGroup group: Int) throws -> [UInt32] {
        if let codes = keyCodes[group] { return codes }
        let codes: [UInt32]
        switch rows {
        case .range(let range):
            let all = try keys.codes(group)
            codes = range.count == all.count ? all : Array(all[range])
        case .positions(let positions): codes = try keys.codes(group, at: positions)
        }
        keyCodes[group] = codes
        return codes
    }

    /// Where a field is read from: its node among the rows, else in the group with the fewest keys. Nil when the shard lacks it.
    private func place(of field: Int) throws -> (node: NodeReader, group: Int?)? {
        guard let shardField = scan.shardField(field) else { return nil }
        if let node = try scan.reader.node(ofField: shardField, group: nil) { return (node, nil) }
        guard let group = scan.reader.groups(ofField: shardField).min(by: { scan.count($0) < scan.count($1) }),
            let node = try scan.reader.node(ofField: shardField, group: group)
        else { return nil }
        return (node, group)
    }

    private func isVarying(_ node: NodeReader) -> Bool {
        node.type.physical == .list || node.type.physical == .bytes && !node.isDictionaryCoded
    }

    // MARK: Sizes

    /// Bytes that a row of the expressions takes on average in this chunk, as far as can be told beforehand.
    func bytesPerRow(_ outputs: [Bound]) throws -> Int {
        var bytes = 0
        for output in outputs {
            bytes += 8
            for field in output.fields { bytes += try varyingBytes(field) }
        }
        return bytes
    }

    private func varyingBytes(_ field: Int) throws -> Int {
        guard let (node, group) = try place(of: field), isVarying(node) else { return 0 }
        if node.type.physical == .bytes {
            guard let group else { return try node.textBytes(chunk: chunk) / max(1, scan.reader.rows(ofChunk: chunk)) }
            let all = try (0..<node.chunkCount).reduce(0) { $0 + (try node.textBytes(chunk: $1)) }
            return all / max(1, scan.count(group))
        }
        guard let elements = try scan.shardField(field).flatMap({ try scan.reader.elements(ofField: $0) }) else {
            return 0
        }
        let count = scan.reader.rows(ofChunk: chunk)
        var bytes = 8 * (try elements.directory()[chunk].count)
        if isVarying(elements) { bytes += try elements.textBytes(chunk: chunk) }
        return bytes / max(1, count)
    }
}

extension Batch {
    /// The rows `range`.
    func slicing(_ range: Range<Int>) -> Batch {
        Batch(count: range.count, columns: columns.map { $0.slicing(range) })
    }

    /// Bytes of its values; dictionaries, which shards keep, are not counted.
    var byteCount: Int { columns.reduce(64) { $0 + $1.valueBytes } }
}

extension ColumnVector {
    fileprivate var valueBytes: Int {
        switch values {
        case .integers(let values): 8 * values.count
        case .floats(let values): 8 * values.count
        case .bytes(let strings): 8 * strings.offsets.count + strings.data.count
        case .codes(let codes, _): 4 * codes.count
        case .lists(let offsets, let child): 8 * offsets.count + child.vector.valueBytes
        }
    }
}
