import LakeBytes
import LakeCore
import LakeShard
import LakeTable
import Synchronization

extension ColumnAddition {
    /// The value of all rows, alone in a column.
    /// - Throws: `LakeError` (usage) for a text that is no value of the type.
    static func constant(_ text: String, _ type: DataType) throws -> ColumnVector {
        guard type.element == nil else {
            throw LakeError(
                .usage, "a list cannot be given as a default",
                hint: "leave it NULL, or compute it from columns with --as")
        }
        do throws(LakeError) {
            return ColumnVector.of([try Scalar.bytes(Array(text.utf8)).cast(from: .utf8, to: type)], type)
        } catch {
            throw LakeError(.usage, "'\(text.prefix(80))' is no value of the type \(type)", hint: error.hint)
        }
    }

    /// The expression over a version, in the type of the column.
    /// - Throws: `LakeError` (usage) for what is wrong with it.
    func query(over snapshot: Snapshot, workers: Int) throws -> PreparedQuery {
        guard case .expression(let expression) = values else { throw LakeError(.failed, "no expression") }
        let engine = QueryEngine(lake: engine.lake, workers: workers, memory: engine.memory)
        let table = QueryEngine.quoted(snapshot.table.name)
        // A comment ends with its line.
        let written = try engine.prepare("SELECT (\(expression)\n) FROM \(table)", over: snapshot)
        guard written.isOneColumnOfAllRows else {
            throw LakeError(
                .usage, "the values of a column are one expression over the columns of a row",
                hint: "write what stands behind SELECT alone, as in \"lower(text)\" or \"spend_low + spend_high\"")
        }
        return try PreparedQuery(written, as: field.type)
    }

    /// The first values that the column would have, as text; NULL is nil.
    public func examples(_ count: Int) throws -> [String?] {
        switch values {
        case .null: return []
        case .surrogateKeys:
            let first = snapshot.manifest.nextKey ?? 0
            return (first..<(first + min(count, rows))).map { String($0) }
        case .constant(let text): return [text]
        case .expression:
            struct Enough: Error {}
            var examples: [String?] = []
            let query = try query(over: snapshot, workers: 1)
            do {
                try query.run { batch in
                    for row in 0..<batch.count where examples.count < count {
                        let vector = batch.columns[0]
                        let type = query.columns[0].type
                        let text =
                            vector.isNull(row) || type.element != nil ? nil : vector.scalar(row, type).text(as: type)
                        if !examples.contains(text) { examples.append(text) }
                    }
                    if batch.count > 0 { throw Enough() }
                }
            } catch is Enough {}
            return examples
        }
    }

    /// Writes the values of a shard's rows.
    /// - Parameter rows: their numbers.
    func compute(
        _ query: PreparedQuery, _ rows: Range<Int>, _ shard: ShardEntry, _ writer: CompanionWriter, _ done: RowMeter
    ) throws {
        let deleted = try query.snapshot.table.deletions(of: shard)?.deleted
        func append(_ vector: ColumnVector) throws {
            try writer.append(Batch(count: vector.count, columns: [vector]))
            done.advance(vector.count)
        }
        try PreparedQuery(query, over: RowRanges([rows])).run { batch in
            let vector = try batch.columns[0].widened(from: query.columns[0].type, to: field.type)
            let places = try deleted.map { try ColumnAddition.places(batch.count, from: writer.rows, beside: $0) }
            if !field.nullable, let null = (0..<batch.count).first(where: { vector.isNull($0) }) {
                let row = rows.lowerBound + writer.rows + (places?.firstIndex(of: null) ?? null)
                throw LakeError(
                    .failed, "row \(row) would have NULL, which the column does not allow",
                    at: .init(column: field.name),
                    hint: "leave --required out, or put a value in its place with coalesce")
            }
            try append(places.map { vector.spread(to: $0, of: field.type) } ?? vector)
        }
        let left = shard.rows - writer.rows
        guard left > 0 else { return }
        guard deleted != nil else { throw LakeError(.failed, "\(left) rows of shard \(shard.id) were not read") }
        try append(.nulls(left, of: field.type))
    }

    /// Where the next values of rows that are not deleted belong: for each row its value, -1 for the deleted ones among them.
    private static func places(_ count: Int, from first: Int, beside deleted: Bitmap) throws -> [Int] {
        var places: [Int] = []
        var (row, value) = (first, 0)
        while value < count {
            guard row < deleted.count else { throw LakeError(.failed, "\(count - value) values too many for a shard") }
            places.append(deleted[row] ? -1 : value)
            value += deleted[row] ? 0 : 1
            row += 1
        }
        return places
    }
}

extension ColumnVector {
    /// The values at `places`, NULL for -1.
    fileprivate func spread(to places: [Int], of type: DataType) -> ColumnVector {
        if case .codes(let codes, let dictionary) = values {
            let null = UInt32(dictionary.count)
            return ColumnVector(.codes(places.map { $0 < 0 ? null : codes[$0] }, dictionary: dictionary))
        }
        // A NULL list has no elements, or NULL ones: one is put behind the values to be picked.
        let joined = ColumnVector.joining([self, .nulls(1, of: type)])
        return joined.gathering(places.map { $0 < 0 ? count : $0 })
    }
}

extension PreparedQuery {
    /// Whether it is no more than `SELECT x FROM t`.
    fileprivate var isOneColumnOfAllRows: Bool {
        guard case .rows(let outputs, let order) = plan else { return false }
        return outputs.count == 1 && order.isEmpty && statement.limit == nil && statement.offset == 0 && sample == nil
            && statement.explain == nil && !statement.distinct && predicate == nil
    }
}

/// Counts rows that are done, by any thread.
final class RowMeter: Sendable {
    private let total: Int
    private let done = Mutex(0)
    private let report: @Sendable (Int, Int) -> Void

    init(total: Int, report: @escaping @Sendable (Int, Int) -> Void) {
        self.total = total
        self.report = report
    }

    func advance(_ rows: Int) {
        let sum = done.withLock { done in
            done += rows
            return done
        }
        report(sum, total)
    }
}

/// The companions that an addition has written, by the ids of their shards.
final class WrittenCompanions: Sendable {
    private let table: TableDirectory
    private let entries = Mutex<[Int: CompanionEntry]>([:])
    private let keys = Mutex<Int?>(nil)

    init(_ table: TableDirectory) { self.table = table }

    func has(_ shard: Int) -> Bool { entries.withLock { $0[shard] != nil } }

    func add(_ shard: Int, _ entry: CompanionEntry) { entries.withLock { $0[shard] = entry } }

    /// The surrogate key after those that were given; nil when none was.
    var nextKey: Int? { keys.withLock { $0 } }

    /// Keys that nobody else is given.
    /// - Parameter counter: the table's.
    func giveKeys(_ count: Int, from counter: Int?) -> Range<Int> {
        keys.withLock { next in
            let first = max(next ?? 0, counter ?? 0)
            next = first + count
            return first..<(first + count)
        }
    }

    /// Those of the shards of a version.
    func companions(of manifest: Manifest) -> [Int: CompanionEntry] {
        let ids = Set(manifest.shards.map(\.id))
        return entries.withLock { $0.filter { ids.contains($0.key) } }
    }

    /// Removes the files of all but some.
    func discard(except committed: [Int: CompanionEntry]) {
        table.discard(entries.withLock { $0.filter { committed[$0.key] == nil }.map(\.value) })
    }
}
