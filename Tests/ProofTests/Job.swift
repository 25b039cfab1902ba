import LakeBytes
import LakeCore
import LakeShard
import LakeTable
import Synchronization

/// One operation by one writer: what it needs, and what it tells the ledger.
final class Job: Sendable {
    /// What an operation does to the rows of its table.
    typealias Effect = @Sendable (inout TableModel) -> Void

    static let lakePath = "/a/b/lake"
    /// The labels in the table `names`, by kind.
    static let labels = ["0": "none", "1": "one", "2": "two", "3": "many"]
    static let schema: Schema = {
        let fields = [
            Field(id: 1, name: "id", type: .int64, nullable: false), Field(id: 2, name: "kind", type: .int32),
            Field(id: 3, name: "text", type: .utf8),
            Field(id: 4, name: TableModel.key, type: .int64, nullable: false, isSurrogateKey: true),
        ]
        guard let schema = try? Schema(fields: fields) else { preconditionFailure("the schema is valid") }
        return schema
    }()

    let store: MemoryStore
    /// What its version is found by.
    let token: String
    /// The commit's own id; nil where the commit chooses one.
    let transaction: String?
    private let ledger: Ledger
    private let state: Mutex<(random: SplitMix64, nextID: Int64)>

    /// - Parameter number: of the job, different for every job of a ledger.
    init(_ number: Int, seed: UInt64, ledger: Ledger, store: MemoryStore) {
        self.store = store
        self.ledger = ledger
        token = "job \(number)"
        var random = SplitMix64(seed: seed &+ UInt64(number) &* 7_919)
        transaction = random.below(2) == 0 ? TableDirectory.transaction(named: "\(seed) \(number)") : nil
        state = Mutex((random, Int64(number) * 1000))
    }

    var details: [String: String] { ["job": token] }

    func random(_ bound: Int) -> Int { state.withLock { $0.random.below(bound) } }

    func lake() throws -> Lake { try Lake.open(at: Job.lakePath, store: store) }

    /// The table, and its newest version.
    func table() throws -> (TableDirectory, Manifest) {
        let table = try lake().table("rows")
        return (table, try table.manifest())
    }

    /// Says what the commit that follows is going to do.
    func announce(_ kind: Ledger.Kind = .change, _ effect: @escaping Effect) {
        ledger.announce(token, kind, effect)
    }

    func acknowledge(version: Int) { ledger.acknowledge(token, version, changes: store.shared.changes) }

    func announceVacuum() { ledger.announceVacuum() }

    /// Says that a purge came to its end.
    func acknowledgePurge() { ledger.acknowledgePurge(token, changes: store.shared.changes) }

    /// Does something with a tag, and says so before and afterwards.
    func change(tag name: String, to outcome: Ledger.TagChange.Outcome, _ body: () throws -> Void) throws {
        let number = ledger.begin(tag: name, token, outcome, changes: store.shared.changes)
        do {
            try body()
            ledger.end(tagChange: number, changes: store.shared.changes)
        } catch let error as LakeError where error.code == .conflict || error.code == .missing {
            // The version, or the tag, was there before another writer came.
            ledger.refuse(tagChange: number)
            throw LakeError(.conflict, error.message, at: error.location, hint: error.hint)
        }
    }

    func commit(
        _ change: TableChange, to table: TableDirectory, over base: Manifest, _ effect: @escaping Effect
    ) throws {
        announce(.change, effect)
        acknowledge(version: try table.commit(change, over: base, transaction: transaction).version)
    }

    /// Rows that no other job makes.
    func rows(_ count: Int, _ schema: Schema) -> [(id: Int64, row: TableModel.Row)] {
        state.withLock { state in
            (0..<count).map { _ in
                let id = state.nextID
                state.nextID += 1
                var row = ["id": String(id)]
                for field in schema.fields.dropFirst() where !field.isSurrogateKey && state.random.below(4) > 0 {
                    row[field.name] =
                        field.type == .utf8 ? "\(field.name) of \(id)" : String(state.random.below(6))
                }
                return (id, row)
            }
        }
    }

    /// Writes rows as a shard.
    func write(_ rows: [(id: Int64, row: TableModel.Row)], _ schema: Schema, _ table: TableDirectory) throws
        -> [NewShard]
    {
        let schema = try schema.withoutSurrogateKey()
        let writer = TableWriter(table: table, schema: schema)
        try writer.append(batch(rows, schema))
        return try writer.finish()
    }

    func batch(_ rows: [(id: Int64, row: TableModel.Row)], _ schema: Schema) -> Batch {
        let columns = schema.fields.map { field in
            let cells = rows.map { $0.row[field.name] }
            var validity = Bitmap(count: rows.count)
            for (index, cell) in cells.enumerated() { validity[index] = cell != nil }
            let values: ColumnVector.Values =
                field.type == .utf8
                ? .bytes(ByteStrings(cells.map { $0 ?? "" })) : .integers(cells.map { $0.flatMap(Int64.init) ?? 0 })
            return ColumnVector(values, validity: field.nullable ? validity : nil)
        }
        return Batch(count: rows.count, columns: columns)
    }

    /// The schema with one more column of a new name.
    func widened(_ base: Manifest) throws -> (Schema, name: String) {
        let name = "more of \(token)"
        let field = Field(id: base.nextFieldID, name: name, type: .utf8)
        return (try Schema(fields: base.schema.fields + [field], derived: base.schema.derived), name)
    }

    /// The table `names` that the derived column reads.
    func makeNames() throws {
        let fields = [Field(id: 1, name: "kind", type: .int32), Field(id: 2, name: "label", type: .utf8)]
        let schema = try Schema(fields: fields)
        let table = try lake().createTable("names", schema: schema)
        let rows = Job.labels.sorted { $0.key < $1.key }.map {
            (id: Int64(0), row: ["kind": $0.key, "label": $0.value])
        }
        _ = try table.commit(.append(write(rows, schema, table)), over: table.manifest())
    }
}
