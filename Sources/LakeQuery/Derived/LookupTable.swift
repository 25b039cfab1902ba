import LakeBytes
import LakeCore
import LakeShard
import LakeTable
import Synchronization

/// One version of a table that others look values up in: its keys, indexed when they are first asked for, and its values,
/// read for the rows that are asked for.
final class LookupTable: Sendable {
    private let table: OpenTable
    /// The number of each shard's first row.
    private let firsts: [Int]
    /// By the positions of the key columns. Whoever comes first builds an index, others wait for it.
    private let indexes = Mutex<[[Int]: LookupIndex]>([:])
    /// By the position of the key column; nil where its keys are not dense.
    private let dense = Mutex<[Int: DenseKeys?]>([:])
    private let longs = Mutex<[Int: Bool]>([:])
    private let chunks = LookupChunks()

    init(_ table: OpenTable) {
        self.table = table
        var rows = 0
        firsts = table.snapshot.shards.map { shard in
            defer { rows += shard.rows }
            return rows
        }
    }

    var snapshot: Snapshot { table.snapshot }

    /// Roughly how much memory the indexes take.
    var bytes: Int {
        indexes.withLock { $0.values.reduce(0) { $0 + $1.bytes } }
            + dense.withLock { $0.values.reduce(0) { $0 + ($1?.bytes ?? 0) } }
    }

    /// Where the keys in some columns are.
    /// - Throws: `LakeError`: failed when a key is there twice.
    func index(_ key: [Int]) throws -> LookupIndex {
        try indexes.withLock { known in
            if let index = known[key] { return index }
            let index = try build(key)
            known[key] = index
            return index
        }
    }

    /// Where the keys in a column of whole numbers are, when few of these are left out.
    func denseKeys(_ key: Int) throws -> DenseKeys? {
        try dense.withLock { known in
            if let keys = known[key] { return keys }
            guard snapshot.schema.fields[key].type.physical == .integer, rowCount < Int(LookupIndex.none) else {
                return nil
            }
            var chunks: [(keys: ColumnVector, first: Int, deleted: Bitmap?)] = []
            for (shard, first) in zip(snapshot.shards, firsts) {
                let scan = try table.scan(shard)
                for chunk in 0..<scan.reader.chunkCount {
                    chunks.append(
                        (
                            try scan.rows(key, chunk: chunk).spelledOut(), first + chunk * ShardFormat.chunkRows,
                            scan.deleted?.rows(ofChunk: chunk)
                        ))
                }
            }
            let keys = DenseKeys(chunks)
            known[key] = .some(keys)
            return keys
        }
    }

    private var rowCount: Int { snapshot.shards.reduce(0) { $0 &+ $1.rows } }

    private func build(_ key: [Int]) throws -> LookupIndex {
        guard rowCount < Int(LookupIndex.none) else {
            throw LakeError(.failed, "more rows than can be looked up in", at: .init(table: snapshot.table.name))
        }
        var index = LookupIndex(key.map { snapshot.schema.fields[$0].type })
        for (shard, first) in zip(snapshot.shards, firsts) {
            let scan = try table.scan(shard)
            for chunk in 0..<scan.reader.chunkCount {
                let columns = try key.map { try scan.rows($0, chunk: chunk) }
                let deleted = scan.deleted?.rows(ofChunk: chunk)
                if let row = index.add(columns, first: first + chunk * ShardFormat.chunkRows, deleted: deleted) {
                    throw ambiguous(key, columns, row)
                }
            }
        }
        return index
    }

    private func ambiguous(_ key: [Int], _ columns: [ColumnVector], _ row: Int) -> LakeError {
        let parts = zip(key, columns).map { field, vector in
            let field = snapshot.schema.fields[field]
            return "\(field.name) = \(vector.scalar(row, field.type).text(as: field.type).prefix(80))"
        }
        return LakeError(
            .failed, "\(parts.joined(separator: ", ")) is there more than once", at: .init(table: snapshot.table.name),
            hint: "a derived column needs a key that one row has; add columns to the key")
    }

    /// Whether the values of a column are long, or lists: not all in dictionaries.
    func isLong(_ field: Int) -> Bool {
        longs.withLock { known in
            if let isLong = known[field] { return isLong }
            // A shard that cannot be opened is reported by whoever reads it.
            let isLong = !snapshot.shards.allSatisfy { shard in
                (try? table.scan(shard).isDictionaryCoded(field)) ?? false
            }
            known[field] = isLong
            return isLong
        }
    }

    /// A column at some rows, in their order; NULL for `LookupIndex.none`. Rows that are asked for several times are read
    /// once, in the order of the table, so that each text block is decoded once.
    func values(_ field: Int, at rows: [UInt32]) throws -> ColumnVector {
        let type = snapshot.schema.fields[field].type
        var distinct = IntegerInterner()
        let numbers = rows.map { $0 == LookupIndex.none ? $0 : distinct.intern(Int64($0)) }
        let order = distinct.values.indices.sorted { distinct.values[$0] < distinct.values[$1] }
        var places = [UInt32](repeating: 0, count: order.count)
        for (place, number) in order.enumerated() { places[number] = UInt32(place) }
        let found = try read(field, order.map { Int(distinct.values[$0]) })
        let hasNull = numbers.contains(LookupIndex.none)
        if type.physical == .bytes, places.count * 2 <= rows.count {
            return found.dictionaryCoded().spread(numbers.map { $0 == LookupIndex.none ? $0 : places[Int($0)] })
        }
        let padded = hasNull ? ColumnVector.joining([found, .nulls(1, of: type)]) : found
        return padded.gathering(numbers.map { $0 == LookupIndex.none ? places.count : Int(places[Int($0)]) })
    }

    /// A column at ascending rows.
    func read(_ field: Int, _ rows: [Int]) throws -> ColumnVector {
        var parts: [ColumnVector] = []
        var next = 0
        for (number, shard) in snapshot.shards.enumerated() {
            let end = firsts[number] + shard.rows
            guard next < rows.count, rows[next] < end else { continue }
            let scan = try table.scan(shard)
            while next < rows.count, rows[next] < end {
                let chunk = (rows[next] - firsts[number]) / ShardFormat.chunkRows
                let first = firsts[number] + chunk * ShardFormat.chunkRows
                var positions: [Int32] = []
                while next < rows.count, rows[next] < min(end, first + ShardFormat.chunkRows) {
                    positions.append(Int32(rows[next] - first))
                    next += 1
                }
                if let whole = try chunks.vector(field, shard: number, chunk: chunk, of: scan) {
                    parts.append(whole.gathering(positions.map { Int($0) }))
                    continue
                }
                let keys = ChunkKeys(scan.reader, chunk: chunk)
                parts.append(
                    try scan.rows(field, chunk: chunk, at: positions) { try keys.codes($0, at: positions) })
            }
        }
        return parts.isEmpty ? .nulls(0, of: snapshot.schema.fields[field].type) : .joining(parts)
    }
}

/// A declared look-up, tied to a version of the table that it reads.
struct LookupColumn: DerivedColumn {
    let type: DataType
    let inputs: [String]
    /// The types of the inputs.
    let inputTypes: [DataType]
    let table: LookupTable
    /// Positions of the key columns in the other table.
    let key: [Int]
    /// Position of the column with the values.
    let value: Int

    func values(_ inputs: [ColumnVector]) throws -> ColumnVector {
        try table.values(value, at: table.index(key).rows(inputs, types: inputTypes))
    }
}

extension ColumnVector {
    /// Text with its distinct values in a sorted dictionary; other vectors as they are.
    func dictionaryCoded() -> ColumnVector {
        guard case .bytes(let strings) = values else { return self }
        var interner = ByteInterner()
        let numbers = (0..<strings.count).map { isNull($0) ? LookupIndex.none : interner.intern(strings, $0) }
        let distinct = interner.values
        let order = (0..<distinct.count).sorted { distinct[$0].lexicographicallyPrecedes(distinct[$1]) }
        var ranks = [UInt32](repeating: 0, count: order.count)
        var sorted = ByteStrings()
        for (rank, number) in order.enumerated() {
            ranks[number] = UInt32(rank)
            sorted.append(distinct[number])
        }
        let codes = numbers.map { $0 == LookupIndex.none ? UInt32(ranks.count) : ranks[Int($0)] }
        return ColumnVector(.codes(codes, dictionary: ValueDictionary(ColumnVector(.bytes(sorted)))))
    }

    /// The values of a dictionary-coded vector at `places`, NULL for `LookupIndex.none`.
    fileprivate func spread(_ places: [UInt32]) -> ColumnVector {
        guard case .codes(let codes, let dictionary) = values else { return self }
        let null = UInt32(dictionary.count)
        return ColumnVector(
            .codes(places.map { $0 == LookupIndex.none ? null : codes[Int($0)] }, dictionary: dictionary))
    }
}
