import LakeBytes
import LakeCore
import LakeTable
import Synchronization
import Testing

/// Writers whose every store call is a turn that a seed gives out: whatever the order, the versions are the acknowledged commits
/// one after another. `Tools/schedules` does the same with more histories.
@Suite struct ScheduleTests {
    private let tally = Tally(["histories", "distinct", "commits", "refused"])
    private let seen = Distinct()

    @Test func everyHistoryIsASequenceOfCommits() throws {
        let wanted = Proof.number("HISTORIES", 1000)
        let setup: [TableOperation] = [.createLake, .createTable, .append, .append, .tag, .moveTag]
        let beginning = try Recording(setup: setup, writers: [], seed: 1, recording: false)
        let lake = try Lake.open(at: Job.lakePath, store: MemoryStore(beginning.shared.disk))
        let known = try beginning.ledger.history(of: lake.table("rows")).history
        let next = Atomic<Int>(0)
        try parallelFor(count: Proof.jobs, workers: Proof.jobs) { _ in
            while seen.count < wanted, !Proof.isLate {
                let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
                try run(seed: Proof.seed &+ UInt64(number), after: beginning, known)
            }
        }
        tally.show("Schedules: \(seen.count) distinct histories")
        #expect(tally.failures == 0)
    }

    /// Commits that are told and not made are found out.
    @Test func aLostCommitIsNoticed() throws {
        let recording = try Recording(setup: Recording.table, writers: [[.append, .append]], seed: 1, recording: false)
        {
            $0.kind == .link
        }
        let lake = try Lake.open(at: Job.lakePath, store: MemoryStore(recording.shared.disk))
        #expect(try !recording.ledger.history(of: lake.table("rows")).faults.isEmpty)
    }

    /// What the versions of a table say, for people.
    private func told(_ table: TableDirectory) throws -> String {
        try table.log().reversed().map { record in
            "\n  \(record.version) \(record.operation.rawValue) by \(record.details["job"] ?? "nobody"): shards "
                + "-\(record.removed) +\(record.added.map(\.id)), deletions \(record.deletions?.map(\.shard) ?? [])"
        }.joined()
    }

    private func run(seed: UInt64, after beginning: Recording, _ known: TableHistory) throws {
        var random = SplitMix64(seed: seed &* 31)
        let count = 2 + random.below(3)
        let changes = TableOperation.changes
        let writers = (0..<count).map { _ in
            (0...random.below(2)).map { _ in changes[random.below(changes.count)] }
        }
        let line = "\(count) writers"
        let names = writers.map { $0.map(\.name).joined(separator: ", ") }.joined(separator: " | ")
        let again = "Tools/schedules --histories 1 --seed \(seed) (\(names))"
        let recording = Recording(after: beginning, writers: writers, seed: seed)
        let isNew = seen.insert(SplitMix64.mixed(Checksum.xxh3(Array(names.utf8)) ^ recording.trace))
        for failure in recording.failures { tally.fail(line, failure, again: again) }
        do {
            let lake = try Lake.open(at: Job.lakePath, store: MemoryStore(recording.shared.disk))
            let table = try lake.table("rows")
            let (history, faults) = try recording.ledger.history(of: table, known: known, eachIsRead: seed % 4 == 0)
            let models = history.models
            for fault in faults { tally.fail(line, fault + (try told(table)), again: again) }
            let found = try TableModel(querying: lake, table: "rows")
            if let last = models[try table.latestVersion()]?.withLabels(Job.labels), found != last {
                tally.fail(line, found.difference(from: last), again: again)
            }
            if seed % 16 == 0 {
                for finding in try Proof.findings(table) { tally.fail(line, "\(finding)", again: again) }
            }
            let refused = recording.ledger.refusals
            tally.add(line, [1, isNew ? 1 : 0, models.count - known.models.count, refused])
        } catch {
            tally.fail(line, "\(error)", again: again)
        }
    }
}
