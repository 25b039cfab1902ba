import LakeBytes
import LakeCore
import LakeTable
import Synchronization

/// What was going to be done, and what was acknowledged.
final class Ledger: Sendable {
    /// What a commit is, beside what it does to the rows of the newest version.
    enum Kind: Sendable {
        case change
        /// Rows that go are to be taken out of all files by a later purge.
        case deletion
        /// Rows that were deleted up to a version go from all.
        case purge(since: Int)
    }

    /// Something that is done with a tag.
    struct TagChange: Sendable {
        enum Outcome: Sendable { case made, gone }

        var name: String
        var token: String
        var outcome: Outcome
        /// How often the disk had changed before, and when it was acknowledged.
        var start: Int
        var end: Int?
        var isRefused = false
    }

    private struct State {
        var effects: [String: (kind: Kind, effect: Job.Effect)] = [:]
        var acknowledged: [String: (version: Int, changes: Int)] = [:]
        /// Whose each acknowledged version is: a compaction and a purge may make several.
        var owners: [Int: String] = [:]
        var refused: Set<String> = []
        var purged: [String: Int] = [:]
        var tags: [TagChange] = []
        var hasVacuum = false
    }

    private let state: Mutex<State>

    init() { state = Mutex(State()) }

    /// With all that another knows.
    init(copying other: Ledger) { state = Mutex(other.state.withLock { $0 }) }

    /// How many jobs were refused.
    var refusals: Int { state.withLock { $0.refused.count } }

    func announce(_ token: String, _ kind: Kind, _ effect: @escaping Job.Effect) {
        state.withLock { $0.effects[token] = (kind, effect) }
    }

    /// Says that old versions may go from now on.
    func announceVacuum() { state.withLock { $0.hasVacuum = true } }

    func acknowledge(_ token: String, _ version: Int, changes: Int) {
        state.withLock { state in
            state.acknowledged[token] = (version, changes)
            state.owners[version] = token
        }
    }

    func acknowledgePurge(_ token: String, changes: Int) { state.withLock { $0.purged[token] = changes } }

    /// Says that a job was told that nothing of it was done.
    func refuse(_ token: String) { state.withLock { _ = $0.refused.insert(token) } }

    func begin(tag name: String, _ token: String, _ outcome: TagChange.Outcome, changes: Int) -> Int {
        state.withLock { state in
            state.tags.append(TagChange(name: name, token: token, outcome: outcome, start: changes))
            return state.tags.count - 1
        }
    }

    func end(tagChange number: Int, changes: Int) { state.withLock { $0.tags[number].end = changes } }

    func refuse(tagChange number: Int) { state.withLock { $0.tags[number].isRefused = true } }

    /// The version that was acknowledged for a job.
    func version(_ token: String) -> Int? { state.withLock { $0.acknowledged[token]?.version } }

    /// The newest version that was acknowledged when the disk had changed so often; nil when not even the lake was.
    func promised(after changes: Int) -> Int? {
        state.withLock { state in state.acknowledged.values.filter { $0.changes <= changes }.map(\.version).max() }
    }

    /// What each version of the table must hold: the effects of the commits in the order of the versions, without the values of
    /// derived columns.
    /// - Parameters:
    ///   - known: that of the first versions, which are not looked at.
    ///   - eachIsRead: whether the rows of every version are read and not of the last alone.
    /// - Returns: that, and everything that is wrong: acknowledged commits that are not there once, others that nobody made,
    ///   and versions and tags that hold other rows than the commits before them add up to.
    func history(
        of table: TableDirectory, known: TableHistory = TableHistory(), eachIsRead: Bool = true
    ) throws -> (history: TableHistory, faults: [String]) {
        let state = state.withLock { $0 }
        var (history, faults, versions): (TableHistory, [String], [String: Int]) = (known, [], [:])
        let numbers = try table.versions()
        guard let first = numbers.first, let newest = numbers.last else { return (history, ["no versions"]) }
        if numbers.count != newest - first + 1 { faults.append("of the versions \(numbers) some are gone") }
        if first > 1, !state.hasVacuum { faults.append("the versions before \(first) are gone") }
        // Who made versions that a vacuum took is known from what was acknowledged.
        let told = state.owners
        var model = known.models[known.models.count] ?? TableModel()
        for number in 1...newest {
            let owner = number < first ? told[number] : try table.record(number).details["job"]
            guard let token = owner, let (kind, effect) = state.effects[token] else {
                faults.append("version \(number) is nobody's")
                continue
            }
            var isPurge = false
            if case .purge = kind { isPurge = true }
            // A purge that others came in between of begins anew.
            if let other = versions.updateValue(number, forKey: token), !isPurge {
                faults.append("\(token) made the versions \(other) and \(number)")
            }
            if known.models[number] != nil { continue }
            let before = model
            effect(&model)
            history.add(model, number, after: before, kind, purged: state.purged[token])
        }
        faults += try history.faults(in: table, all: eachIsRead)
        for (token, entry) in state.acknowledged.sorted(by: { $0.key < $1.key }) where entry.version > 0 {
            if versions[token] != entry.version {
                faults.append("\(token) was told version \(entry.version) and made \(versions[token] ?? 0)")
            }
        }
        for token in state.refused.sorted() where versions[token] != nil {
            faults.append("\(token) was refused and made version \(versions[token] ?? 0)")
        }
        return (history, faults + (try tagFaults(in: table, history)))
    }

    /// What is wrong with the tags of a table on a disk that had changed so often.
    func tagFaults(in table: TableDirectory, _ history: TableHistory, after changes: Int = .max) throws -> [String] {
        let begun = state.withLock { $0.tags }.filter { $0.start <= changes && !$0.isRefused }
        func isDone(_ change: TagChange) -> Bool { change.end.map { $0 <= changes } ?? false }
        var faults: [String] = []
        let there = try table.tags()
        for (name, events) in Dictionary(grouping: begun, by: \.name) {
            // What another change began after and was acknowledged is no more.
            let possible = events.filter { event in
                !events.contains { later in
                    isDone(later) && isDone(event) && later.start >= event.end ?? .max && later.start >= event.start
                }
            }
            guard there.contains(name) else {
                let mayBeGone = !events.contains(where: isDone) || possible.contains { $0.outcome == .gone }
                if !mayBeGone { faults.append("the tag '\(name)' is gone") }
                continue
            }
            let tag = try table.tag(name)
            if !possible.contains(where: { $0.outcome == .made && $0.token == tag.message }) {
                faults.append("the tag '\(name)' is that of \(tag.message ?? "nobody")")
            }
        }
        let numbers = try table.versions()
        guard let first = numbers.first, let newest = numbers.last else { return faults }
        for name in there {
            let tag = try table.tag(name)
            if !begun.contains(where: { $0.name == name }) { faults.append("the tag '\(name)' is nobody's") }
            let found = try TableModel(reading: table, tag.state.shards, tag.state.schema)
            if let fault = history.fault(of: found, tag.version, newest: newest, first: first, after: changes) {
                faults.append("tag '\(name)': \(fault)")
            }
        }
        return faults
    }
}
