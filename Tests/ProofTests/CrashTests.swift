import LakeBytes
import LakeCore
import LakeTable
import Synchronization
import Testing

/// The power is cut after every change that an operation makes to the disk, alone and with another writer beside it: what was
/// acknowledged is there, nothing is half there, and writing goes on. `Tools/crash` does the same with more states.
@Suite struct CrashTests {
    private struct Script {
        var name: String
        var line: String
        var setup: [TableOperation]
        var writers: [[TableOperation]]

        /// A round: every operation alone, every two beside each other, and sequences of them.
        static func round(_ number: Int, seed: UInt64) -> [Script] {
            let changes = TableOperation.changes
            var scripts = [
                Script(name: "create lake", line: "create lake", setup: [], writers: [[.createLake]]),
                Script(name: "create table", line: "create table", setup: [.createLake], writers: [[.createTable]]),
            ]
            scripts += changes.map { Script(name: $0.name, line: $0.name, setup: Recording.table, writers: [[$0]]) }
            for one in changes {
                for other in changes {
                    scripts.append(
                        Script(
                            name: "\(one.name) | \(other.name)", line: "two writers", setup: Recording.table,
                            writers: [[one], [other]]))
                }
            }
            var random = SplitMix64(seed: seed &+ 17)
            for index in 0..<8 {
                let writers = (0..<2).map { _ in (0..<3).map { _ in changes[random.below(changes.count)] } }
                scripts.append(
                    Script(
                        name: "sequence \(index)", line: "two writers, three each", setup: Recording.table,
                        writers: writers))
            }
            return scripts
        }
    }

    private let wanted = Proof.number("STATES", 2000)
    private let samples = Proof.number("SAMPLES", 5)

    @Test func everyCutLeavesWhatWasAcknowledged() throws {
        let seen = Distinct()
        let checked = Distinct()
        let tally = Tally(["cuts", "survivors", "states", "checks"])
        var isDone: Bool { seen.count >= wanted || Proof.isLate }
        var seed = Proof.seed
        repeat {
            let scripts = Script.round(0, seed: seed).filter { Proof.only == nil || $0.name == Proof.only }
            let isFirst = seed == Proof.seed
            try parallelFor(count: scripts.count, workers: Proof.jobs) { [seed] index in
                // In the first round every operation's cuts are made, however few states are wanted.
                if isDone, !isFirst || scripts[index].writers.count > 1 { return }
                try run(scripts[index], seed, samples: samples, seen, checked, tally)
            }
            seed += 1
        } while !isDone && Proof.only == nil
        tally.show("Power cuts: \(seen.count) distinct states")
        #expect(tally.failures == 0)
    }

    /// A disk that says it had synced what it had not: each lie is found out, so a forgotten sync would be, too.
    @Test(arguments: [
        ("append", StoreCall.Kind.sync, ".shard"), ("append", .sync, ".tmp-"), ("append", .syncDirectory, "shards"),
        ("append", .syncDirectory, "versions"), ("delete", .sync, ".deleted"), ("delete", .syncDirectory, "deletions"),
        ("create table", .syncDirectory, "tables"), ("create lake", .syncDirectory, "lake"),
    ])
    func aMissingSyncIsNoticed(operation: String, kind: StoreCall.Kind, part: String) throws {
        let scripts = Script.round(0, seed: 1).filter { $0.name == operation }
        let tally = Tally(["cuts", "survivors", "states", "checks"], isQuiet: true)
        for script in scripts {
            // A deletion's directory is synced by the first that is in it, too.
            let setup = script.setup.filter { $0.name != "delete" }
            let alone = Script(name: script.name, line: script.line, setup: setup, writers: script.writers)
            try run(alone, 1, samples: 40, Distinct(), Distinct(), tally) { $0.kind == kind && $0.path.contains(part) }
        }
        #expect(tally.failures > 0)
    }

    private func run(
        _ script: Script, _ seed: UInt64, samples: Int, _ seen: Distinct, _ checked: Distinct, _ tally: Tally,
        lying: @escaping @Sendable (StoreCall) -> Bool = { _ in false }
    ) throws {
        let again = "Tools/crash --seed \(seed) --samples \(samples) --only '\(script.name)'"
        let recording = try Recording(setup: script.setup, writers: script.writers, seed: seed, lying: lying)
        for failure in recording.failures { tally.fail(script.line, failure, again: again) }
        let history = recording.shared.history
        var found = TableHistory()
        let lake = try Lake.open(at: Job.lakePath, store: MemoryStore(recording.shared.disk))
        if try lake.hasTable("rows") {
            let (history, faults) = try recording.ledger.history(of: lake.table("rows"))
            found = history
            for fault in faults { tally.fail(script.line, fault, again: again) }
        }
        let past = Past(
            ledger: recording.ledger, history: found, names: Set((script.setup + script.writers.joined()).map(\.name)))
        let survivors = Survivors(of: history)
        var random = SplitMix64(seed: seed)
        for cut in recording.start..<history.count {
            let promised = recording.ledger.promised(after: cut)
            var (made, states, checks) = (0, 0, 0)
            for survivor in survivors.after(cut, limit: samples, random: &random) {
                made += 1
                if seen.insert(survivor.digest) { states += 1 }
                // The same state may be right before a commit was acknowledged, and wrong after it.
                let mark = SplitMix64.mixed(survivor.digest ^ UInt64(promised.map { $0 + 1 } ?? 0))
                guard checked.insert(mark) else { continue }
                checks += 1
                do {
                    let fault = try check(survivor.disk, cut, promised, past)
                    if let fault { tally.fail(script.line, "cut \(cut), survivor \(made): \(fault)", again: again) }
                } catch {
                    tally.fail(script.line, "cut \(cut), survivor \(made): \(error)", again: again)
                }
            }
            tally.add(script.line, [1, made, states, checks])
            if seen.count >= wanted, script.writers.count > 1 { return }
        }
    }

    /// What was done to a lake.
    private struct Past {
        var ledger: Ledger
        var history: TableHistory
        /// Of the operations.
        var names: Set<String>

        var goesOn: Bool { names.contains("vacuum") || names.contains("purge") }
    }

    /// What is wrong with a lake after a cut; nil when nothing is.
    private func check(_ disk: Disk, _ cut: Int, _ promised: Int?, _ past: Past) throws -> String? {
        let store = MemoryStore(disk)
        guard try store.size(joinPath(Job.lakePath, "alphalake.json")) != nil else {
            if promised != nil { return "the lake is gone" }
            _ = try Lake.create(at: Job.lakePath, store: store)
            return nil
        }
        let lake = try Lake.open(at: Job.lakePath, store: store)
        let job = Job(99, seed: 1, ledger: Ledger(), store: store)
        guard try lake.hasTable("rows") else {
            if let promised, promised > 0 { return "version \(promised) was acknowledged and there is no table" }
            try TableOperation.createTable.run(job)
            return try lake.table("rows").latestVersion() == 1 ? nil : "no table can be made"
        }
        let table = try lake.table("rows")
        let version = try table.latestVersion()
        if version < promised ?? 0 {
            return "version \(promised ?? 0) was acknowledged and version \(version) is the last"
        }
        guard let model = past.history.models[version]?.withLabels(Job.labels) else {
            return "version \(version) was never made"
        }
        let found = try TableModel(querying: lake, table: "rows")
        if found != model { return "version \(version): \(found.difference(from: model))" }
        var faults = try past.history.faults(in: table, all: true, after: cut)
        faults += try past.ledger.tagFaults(in: table, past.history, after: cut)
        faults += try Proof.findings(table).filter { !(past.goesOn && $0.isOfInterruption) }.map { "\($0)" }
        if !faults.isEmpty { return "\(faults)" }
        try TableOperation.append.run(job)
        let after = try TableModel(querying: lake, table: "rows")
        let isMore = try table.latestVersion() == version + 1 && after.rows.count > model.rows.count
        let isSame = model.rows.allSatisfy { after.rows[$0.key] == $0.value }
        guard isMore, isSame else { return "one more commit: \(after.difference(from: model))" }
        return past.goesOn ? try goOn(SharedDisk(disk), past) : nil
    }

    /// What is wrong with a lake once a vacuum and a purge that were cut short have been run again.
    private func goOn(_ shared: SharedDisk, _ past: Past) throws -> String? {
        let lake = try Lake.open(at: Job.lakePath, store: MemoryStore(shared))
        let table = try lake.table("rows")
        let version = try table.latestVersion()
        if past.names.contains("vacuum") { _ = try Vacuum(lake, grace: 0).run() }
        var history = past.history
        var faults: [String] = []
        if past.names.contains("purge") {
            let report = try Purge(table, workers: 1).run()
            faults = report.waiting
            history = history.purged(from: version, to: report.made.last ?? version)
            faults += try history.leftovers(in: table)
        }
        faults += try history.faults(in: table, all: true)
        faults += try Proof.findings(table).map { "\($0)" }
        let found = try TableModel(querying: lake, table: "rows")
        if let model = history.models[version]?.withLabels(Job.labels), found != model {
            faults.append(found.difference(from: model))
        }
        return faults.isEmpty ? nil : "run again: \(faults)"
    }
}
