import LakeBytes
import LakeCore
import LakeShard
import LakeTable
import Testing

@testable import LakeQuery

/// A table `t` that is changed in every way, and plain arrays that are changed in the same ways beside it.
///
/// Every row has a number of its own, `u`; `k` decides `g` where the table has key groups. These stay, the other columns
/// come and go.
final class ColumnModel {
    struct Column: Equatable {
        var id: Int
        var name: String
        var type: DataType
    }

    /// A version as it was.
    struct State {
        var version: Int
        var columns: [Column]
        var rows: [Int: [Int: Scalar]]
    }

    /// Expressions over `u` and `k`, and what they are.
    static let expressions: [(sql: String, type: DataType, value: @Sendable (Int64, Int64) -> Scalar)] = [
        ("u * 2 + k", .int64, { .integer($0 * 2 + $1) }),
        ("u", .int32, { u, _ in .integer(u) }),
        ("k > 20", .bool, { _, k in .bool(k > 20) }),
        (
            "CASE WHEN k % 3 <> 0 THEN 'v' || CAST(k AS VARCHAR) END -- a comment", .utf8,
            { _, k in
                k % 3 == 0 ? .null : .bytes(Array("v\(k)".utf8))
            }
        ),
        ("CAST(u AS DOUBLE) / 4", .float64, { u, _ in .float(Double(u) / 4) }),
        ("g", .utf8, { _, k in .bytes(Array("g\(k % 5)".utf8)) }),
        ("k", .float32, { _, k in .float(Double(k)) }),
        (
            "'a text of row ' || CAST(u AS VARCHAR) || ', somewhat longer'", .utf8,
            { u, _ in
                .bytes(Array("a text of row \(u), somewhat longer".utf8))
            }
        ),
    ]

    let made: QueryTable
    let table: TableDirectory
    private(set) var columns: [Column]
    private(set) var rows: [Int: [Int: Scalar]] = [:]
    private(set) var history: [State] = []
    private var next = 0
    private var names = 0
    var random: SplitMix64

    init(seed: UInt64, keyed: Bool) throws {
        random = SplitMix64(seed: seed)
        made = try QueryTable(
            [("u", .int64), ("k", .int64), ("g", .utf8), ("x", .int32), ("day", .date)], [],
            groups: keyed ? [KeyGroup(name: "keys", key: ["k"], columns: ["k", "g", "day"])] : [])
        table = try Lake.open(at: made.directory.path + "/lake").table("t")
        columns = made.schema.fields.map { Column(id: $0.id, name: $0.name, type: $0.type) }
        for _ in 0..<3 { try append() }
    }

    private func newRow(_ u: Int) -> [Int: Scalar] {
        let k = Int64(random.below(40))
        var row: [Int: Scalar] = [:]
        for column in columns {
            switch column.id {
            case 1: row[1] = .integer(Int64(u))
            case 2: row[2] = .integer(k)
            case 3: row[3] = .bytes(Array("g\(k % 5)".utf8))
            case 4:
                row[4] =
                    random.below(9) == 0
                    ? .null : ColumnModel.widened(.integer(Int64(random.below(1_000))), .int32, column.type)
            case 5: row[5] = ColumnModel.widened(.integer(18_000 + k), .date, column.type)
            default:
                row[column.id] = random.below(2) == 0 ? .null : ColumnModel.sample(column.type, random.below(50))
            }
        }
        return row
    }

    private static func sample(_ type: DataType, _ number: Int) -> Scalar {
        switch type {
        case .bool: .bool(number % 2 == 0)
        case .utf8: .bytes(Array("new \(number)".utf8))
        case .float32, .float64: .float(Double(number))
        default: .integer(Int64(number))
        }
    }

    private static func widened(_ value: Scalar, _ from: DataType, _ to: DataType) -> Scalar {
        guard case .integer(let integer) = value, from != to else { return value }
        if to == .timestamp { return .integer(integer * 86_400_000_000) }
        return to.physical == .float ? .float(Double(integer)) : value
    }

    // MARK: Changes

    private func shards(_ new: [[Int: Scalar]]) throws -> [NewShard] {
        let schema = try table.manifest().schema
        let writer = TableWriter(table: table, schema: schema)
        let vectors = schema.fields.map { field in ColumnVector.of(new.map { $0[field.id] ?? .null }, field.type) }
        try writer.append(Batch(count: new.count, columns: vectors))
        return try writer.finish()
    }

    func append() throws {
        let numbers = next..<(next + 1 + random.below(400))
        next = numbers.upperBound
        for u in numbers { rows[u] = newRow(u) }
        _ = try table.commit(.append(try shards(numbers.map { rows[$0] ?? [:] })), over: try table.manifest())
    }

    func upsert() throws {
        let numbers = Array(Set((0..<40).map { _ in random.below(next + 10) })).sorted()
        let new = numbers.map { newRow($0) }
        next = max(next, (numbers.max() ?? 0) + 1)
        for (u, row) in zip(numbers, new) { rows[u] = row }
        let schema = try table.manifest().schema
        var keys = try UpsertKeys(schema: schema, key: ["u"], table: "t")
        try keys.add(
            Batch(
                count: new.count,
                columns: schema.fields.map { field in .of(new.map { $0[field.id] ?? .null }, field.type) }))
        _ = try keys.rows(in: try table.snapshot()).replace(with: try shards(new))
    }

    func delete() throws {
        let k = random.below(40)
        for (u, row) in rows where row[2] == .integer(Int64(k)) { rows[u] = nil }
        _ = try RowDeletion(try made.engine(), table: "t", condition: "k = \(k)").run()
    }

    func add() throws {
        names += 1
        let (name, id) = ("c\(names)", try table.manifest().nextFieldID)
        let choice = random.below(ColumnModel.expressions.count + 3)
        let type: DataType
        let values: ColumnAddition.Values
        let value: (Int64, Int64) -> Scalar
        switch choice {
        case 0: (type, values, value) = (.utf8, .null, { _, _ in .null })
        case 1:
            (type, values, value) = (.utf8, .constant("a, 'default'"), { _, _ in .bytes(Array("a, 'default'".utf8)) })
        case 2: (type, values, value) = (.int32, .constant("-7"), { _, _ in .integer(-7) })
        default:
            let expression = ColumnModel.expressions[choice - 3]
            (type, values, value) = (expression.type, .expression(expression.sql), expression.value)
            // `g` may have been dropped.
            if expression.sql == "g", !columns.contains(where: { $0.id == 3 }) { return }
        }
        let addition = try ColumnAddition(try made.engine(), table: "t", name: name, type: type, values)
        #expect(try addition.run().manifest.operation == .addColumn)
        columns.append(Column(id: id, name: name, type: type))
        for (u, row) in rows { rows[u]?[id] = value(row[1]?.integerBits ?? 0, row[2]?.integerBits ?? 0) }
    }

    private func change(_ operation: LakeTable.Operation, _ body: (Schema) throws -> Schema) throws {
        let base = try table.manifest()
        _ = try table.commit(.widen(to: try body(base.schema), operation: operation), over: base)
    }

    /// A column that may come and go.
    private var other: Int? {
        let others = columns.indices.filter { columns[$0].id > 2 }
        return others.isEmpty ? nil : others[random.below(others.count)]
    }

    func drop() throws {
        guard let place = other else { return }
        let column = columns.remove(at: place)
        try change(.dropColumn) { try $0.dropping([column.name]) }
        for u in rows.keys { rows[u]?[column.id] = nil }
    }

    func rename() throws {
        guard let place = other, columns[place].id > 3 else { return }
        names += 1
        let (old, new) = (columns[place].name, "r\(names)")
        columns[place].name = new
        try change(.renameColumn) { try $0.renaming(old, to: new) }
    }

    func widen() throws {
        guard let place = other else { return }
        let column = columns[place]
        let wider: DataType? =
            switch column.type {
            case .int32: random.below(2) == 0 ? .int64 : .float64
            case .date: .timestamp
            case .float32: .float64
            default: nil
            }
        guard let wider else { return }
        try change(.widen) { try $0.widening(column.name, to: wider) }
        columns[place].type = wider
        for (u, row) in rows {
            rows[u]?[column.id] = row[column.id].map { ColumnModel.widened($0, column.type, wider) }
        }
    }

    func compact() throws {
        let before = try table.snapshot().contentDigest()
        var policy = CompactionPlan.Policy()
        policy.rows = [700, 4_000_000][random.below(2)]
        policy.deletedShare = 0
        _ = try Compaction(CompactionPlan(try table.snapshot(), policy: policy), workers: 2).run()
        #expect(try table.snapshot().contentDigest() == before)
    }

    /// Brings an earlier version back. Columns that came later have values or NULL in its rows, whichever is taken over.
    func restore() throws {
        let state = history[random.below(history.count)]
        let restore = Restore(table, to: .number(state.version))
        let plan = try restore.plan()
        _ = try restore.run(plan)
        rows = state.rows
        for column in state.columns {
            guard let now = columns.first(where: { $0.id == column.id }) else {
                columns.append(column)
                continue
            }
            for (u, row) in rows {
                rows[u]?[column.id] = row[column.id].map { ColumnModel.widened($0, column.type, now.type) }
            }
        }
        let known = Set(state.columns.map(\.id))
        for column in columns where !known.contains(column.id) {
            for row in try made.rows("SELECT u, \(column.name) FROM t") {
                rows[Int(row[0].integerBits ?? -1)]?[column.id] = row[1]
            }
        }
    }

    // MARK: Comparing

    func remember() throws { history.append(State(version: try table.latestVersion(), columns: columns, rows: rows)) }

    /// What a version says, row by row.
    func compare(_ state: State, _ step: String) throws {
        let engine = QueryEngine(lake: try Lake.open(at: made.directory.path + "/lake"), at: .number(state.version))
        let query = try engine.prepare("SELECT * FROM t ORDER BY u")
        #expect(query.columns.map(\.name) == state.columns.map(\.name), "\(step)")
        #expect(query.columns.map(\.type) == state.columns.map(\.type), "\(step)")
        var found: [[Scalar]] = []
        try query.run { batch in
            for row in 0..<batch.count {
                found.append(zip(batch.columns, query.columns).map { $0.scalar(row, $1.type) })
            }
        }
        let expected = state.rows.sorted { $0.key < $1.key }.map { _, row in state.columns.map { row[$0.id] ?? .null } }
        #expect(found == expected, "\(step)")
    }

    /// Queries on one column say what the arrays say, by whatever way they are answered.
    func compareColumns(_ step: String) throws {
        for column in columns {
            var counts: [Scalar: Int] = [:]
            for row in rows.values { counts[row[column.id] ?? .null, default: 0] += 1 }
            let groups = try made.rows("SELECT \(column.name), count(*) FROM t GROUP BY 1")
            #expect(
                Dictionary(groups.map { ($0[0], Int($0[1].integerBits ?? -1)) }, uniquingKeysWith: { $0 + $1 })
                    == counts, "\(step), \(column)")
            let nulls = try made.rows("SELECT count(*) FROM t WHERE \(column.name) IS NULL")
            #expect(nulls == [[.integer(Int64(counts[.null] ?? 0))]], "\(step), \(column)")
            let same = "SELECT count(*) FROM t WHERE \(column.name) = (SELECTED)"
            guard case .bytes(let bytes)? = counts.keys.first(where: { !$0.isNull }) else { continue }
            let text = String(decoding: bytes, as: UTF8.self).replacing("'", with: "''")
            let found = try made.rows(same.replacing("(SELECTED)", with: "'\(text)'"))
            #expect(found == [[.integer(Int64(counts[.bytes(bytes)] ?? 0))]], "\(step), \(column)")
        }
    }

    func checkSound(_ step: String) throws {
        let report = try Validation(of: table).run(checkShard: { [table] _, entry, _ in
            try ShardReader(path: table.shardPath(entry.file), store: table.store).check().map { Finding($0) }
        })
        #expect(report.findings.filter { $0.severity != .note }.isEmpty, "\(step): \(report.findings)")
    }
}
