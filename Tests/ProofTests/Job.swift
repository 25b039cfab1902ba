import LakeBytes
import LakeCore
import LakeShard
import LakeTable
import Synchronization

/// One operation by one writer: what it needs, and what it tells the ledger.
final class Job: Sendable {
    /// What an operation does to the rows of its table, given those of all versions before.
    typealias Effect = @Sendable (inout TableModel, [Int: TableModel]) -> Void

    static let lakePath = "/a/b/lake"
    /// The labels in the table `names`, by kind.
    static let labels = ["0": "none", "1": "one", "2": "two", "3": "many"]
    static let schema: Schema = {
        let fields = [
            Field(id: 1, name: "id", type: .int64, nullable: false), Field(id: 2, name: "kind", type: .int32),
            Field(id: 3, name: "text", type: .utf8),
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
    func announce(_ effect: @escaping Effect) throws { ledger.announce(token, effect) }

    func acknowledge(version: Int) { ledger.acknowledge(token, version, changes: store.shared.changes) }

    func commit(
        _ change: TableChange, to table: TableDirectory, over base: Manifest, _ effect: @escaping Effect
    ) throws {
        try announce(effect)
        acknowledge(version: try table.commit(change, over: base, transaction: transaction).version)
    }

    /// Rows that no other job makes.
    func rows(_ count: Int, _ schema: Schema) -> [(id: Int64, row: TableModel.Row)] {
        state.withLock { state in
            (0..<count).map { _ in
                let id = state.nextID
                state.nextID += 1
                var row = ["id": String(id)]
                for field in schema.fields.dropFirst() where state.random.below(4) > 0 {
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
        let writer = TableWriter(table: table, schema: schema)
        let columns = schema.fields.map { field in
            let cells = rows.map { $0.row[field.name] }
            var validity = Bitmap(count: rows.count)
            for (index, cell) in cells.enumerated() { validity[index] = cell != nil }
            let values: ColumnVector.Values =
                field.type == .utf8
                ? .bytes(ByteStrings(cells.map { $0 ?? "" })) : .integers(cells.map { $0.flatMap(Int64.init) ?? 0 })
            return ColumnVector(values, validity: field.nullable ? validity : nil)
        }
        try writer.append(Batch(count: rows.count, columns: columns))
        return try writer.finish()
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

/// What was going to be done, and what was acknowledged.
final class Ledger: Sendable {
    private struct State {
        var effects: [String: Job.Effect] = [:]
        var acknowledged: [String: (version: Int, changes: Int)] = [:]
        var refused: Set<String> = []
    }

    private let state: Mutex<State>

    init() { state = Mutex(State()) }

    /// With all that another knows.
    init(copying other: Ledger) { state = Mutex(other.state.withLock { $0 }) }

    /// How many jobs were refused.
    var refusals: Int { state.withLock { $0.refused.count } }

    func announce(_ token: String, _ effect: @escaping Job.Effect) { state.withLock { $0.effects[token] = effect } }

    func acknowledge(_ token: String, _ version: Int, changes: Int) {
        state.withLock { $0.acknowledged[token] = (version, changes) }
    }

    /// Says that a job was told that nothing of it was done.
    func refuse(_ token: String) { state.withLock { _ = $0.refused.insert(token) } }

    /// The version that was acknowledged for a job.
    func version(_ token: String) -> Int? { state.withLock { $0.acknowledged[token]?.version } }

    /// The newest version that was acknowledged when the disk had changed so often; nil when not even the lake was.
    func promised(after changes: Int) -> Int? {
        state.withLock { state in state.acknowledged.values.filter { $0.changes <= changes }.map(\.version).max() }
    }

    /// What each version of the table must hold: the effects of the commits in the order of the versions, without the values of
    /// derived columns.
    /// - Parameters:
    ///   - known: those of the first versions, which are not looked at.
    ///   - eachIsRead: whether the rows of every version are read and not of the last alone.
    /// - Returns: those, and everything that is wrong: acknowledged commits that are not there once, others that nobody made,
    ///   and versions that hold other rows than the commits before them add up to.
    func models(
        of table: TableDirectory, known: [Int: TableModel] = [:], eachIsRead: Bool = true
    ) throws -> (models: [Int: TableModel], faults: [String]) {
        let state = state.withLock { $0 }
        var (models, faults, versions): ([Int: TableModel], [String], [String: Int]) = (known, [], [:])
        let numbers = try table.versions()
        var model = known[known.count] ?? TableModel()
        for number in numbers {
            let record = try table.record(number)
            guard let token = record.details["job"], let effect = state.effects[token] else {
                faults.append("version \(number) is nobody's")
                continue
            }
            if let other = versions.updateValue(number, forKey: token) {
                faults.append("\(token) made the versions \(other) and \(number)")
            }
            if known[number] != nil { continue }
            effect(&model, models)
            models[number] = model
            guard eachIsRead || number == numbers.last else { continue }
            let manifest = try table.manifest(version: number)
            let found = try TableModel(reading: table, manifest.shards, manifest.schema)
            let wanted = model.dropping(["label of kind"])
            if found != wanted { faults.append("version \(number): \(found.difference(from: wanted))") }
        }
        for (token, entry) in state.acknowledged.sorted(by: { $0.key < $1.key }) where entry.version > 0 {
            if versions[token] != entry.version {
                faults.append("\(token) was told version \(entry.version) and made \(versions[token] ?? 0)")
            }
        }
        for token in state.refused.sorted() where versions[token] != nil {
            faults.append("\(token) was refused and made version \(versions[token] ?? 0)")
        }
        return (models, faults)
    }
}
