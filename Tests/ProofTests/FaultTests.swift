import LakeBytes
import LakeCore
import LakeTable
import Synchronization
import Testing

/// What can go wrong with a call to the operating system.
enum Fault: String, CaseIterable, Sendable {
    case noSpace = "No space left on device"
    case deviceError = "Input/output error"
    case deviceErrorAfterwards = "Input/output error, after it took effect"
    case shortWrite = "No space left on device, half way"
    case failedSync = "Input/output error, and what was to be synced is gone"
    case tooManyFiles = "Too many open files"

    /// What becomes of a call; nil where the fault cannot meet it.
    func outcome(_ call: StoreCall, _ number: Int) -> CallOutcome? {
        let error = LakeError(
            .io, "\(call.kind.rawValue) failed: \(rawValue) (call \(number))", at: .init(file: call.path))
        let writes: Set<StoreCall.Kind> = [.mkdir, .create, .append, .link, .rename, .scratch]
        let opens: Set<StoreCall.Kind> = [.list, .read, .map, .create, .scratch, .syncDirectory, .lease]
        let changes: Set<StoreCall.Kind> = [.mkdir, .create, .link, .rename, .remove, .sync, .syncDirectory]
        switch self {
        case .noSpace: return writes.contains(call.kind) ? .fails(error) : nil
        case .deviceError: return .fails(error)
        case .deviceErrorAfterwards: return changes.contains(call.kind) ? .failsAfterwards(error) : nil
        case .shortWrite: return call.kind == .append ? .failsAfterwards(error) : nil
        case .failedSync: return [.sync, .syncDirectory].contains(call.kind) ? .loses(error) : nil
        case .tooManyFiles: return opens.contains(call.kind) ? .fails(error) : nil
        }
    }
}

/// Every call of every operation goes wrong in every way, once and from then on: the operation fails and the table is as it was,
/// or says that the outcome is not known, or succeeds; the next try succeeds, nothing is done twice, and all of it lasts through
/// a power cut.
@Suite struct FaultTests {
    private let tally = Tally(["calls", "faults", "failed", "not known", "succeeded"])

    @Test func everyCallMayGoWrong() throws {
        let operations = TableOperation.creations + TableOperation.changes
        try parallelFor(count: operations.count, workers: Proof.jobs) { index in
            let operation = operations[index]
            let setup: [TableOperation] =
                switch operation.name {
                case "create lake": []
                case "create table": [.createLake]
                default: Recording.table
                }
            for offset in 0..<UInt64(Proof.number("ROUNDS", 1)) {
                try everyCall(of: operation, Recording(setup: setup, writers: [], seed: Proof.seed + offset), offset)
            }
        }
        tally.show("Faults")
        #expect(tally.failures == 0)
    }

    private func everyCall(of operation: TableOperation, _ before: Recording, _ offset: UInt64) throws {
        let calls = Atomic<Int>(0)
        try attempt(operation, before, offset) { _ in
            calls.wrappingAdd(1, ordering: .relaxed)
            return .works
        }
        let count = calls.load(ordering: .relaxed)
        // Without a step that was asked for, long operations are gone through in longer steps.
        let (seed, step) = (Proof.seed + offset, Proof.number("STEP", max(5, count / 25)))
        tally.add(operation.name, [count, 0, 0, 0, 0])
        for fault in Fault.allCases {
            for number in stride(from: Int(seed % UInt64(step)), to: count, by: step) {
                for isForGood in [false, true] {
                    let hit = Atomic<Bool>(false)
                    let next = Atomic<Int>(0)
                    try attempt(
                        operation, before, offset, "\(fault), call \(number)\(isForGood ? " and all later" : "")"
                    ) {
                        call in
                        let at = next.wrappingAdd(1, ordering: .relaxed).oldValue
                        guard isForGood ? at >= number : at == number, let outcome = fault.outcome(call, at) else {
                            return .works
                        }
                        hit.store(true, ordering: .relaxed)
                        return outcome
                    } counts: {
                        hit.load(ordering: .relaxed)
                    }
                }
            }
        }
    }

    /// Tries an operation on a copy of the disk, behind a gate, and again without.
    private func attempt(
        _ operation: TableOperation, _ before: Recording, _ offset: UInt64, _ what: String = "no fault",
        gate: @escaping @Sendable (StoreCall) -> CallOutcome, counts: () -> Bool = { false }
    ) throws {
        func fail(_ message: String) {
            tally.fail(operation.name, "\(what): \(message)", again: "Tools/faults --seed \(Proof.seed + offset)")
        }
        let (ledger, shared) = (
            Ledger(copying: before.ledger), SharedDisk(before.shared.disk, changes: before.shared.changes)
        )
        let (seed, clean) = (Proof.seed + offset, MemoryStore(shared))
        let old = before.ledger.promised(after: .max) ?? 0
        let job = Job(50, seed: seed, ledger: ledger, store: MemoryStore(shared, gate: gate))
        var failure: LakeError?
        do { try operation.run(job) } catch let error as LakeError { failure = error } catch { return fail("\(error)") }
        let isUnknown = ["not known", "may not survive"].contains { failure?.message.contains($0) ?? false }
        if counts() {
            tally.add(
                operation.name, [0, 1, failure == nil || isUnknown ? 0 : 1, isUnknown ? 1 : 0, failure == nil ? 1 : 0])
        }
        do {
            let isCreation = TableOperation.creations.contains { $0.name == operation.name }
            if !isCreation {
                let version = try Lake.open(at: Job.lakePath, store: clean).table("rows").latestVersion()
                if failure != nil, !isUnknown, version != old, !operation.goesOn {
                    return fail("it failed, and version \(version) is there")
                }
                if let told = ledger.version(job.token), told != version { return fail("version \(told) was told") }
                _ = try check(clean, ledger, isCut: operation.goesOn && failure != nil, fail)
            }
            // The same again, by the same name, as a job that starts anew does; one more job where that goes on with it.
            let retry = Job(operation.goesOn ? 51 : 50, seed: seed, ledger: ledger, store: clean)
            do {
                if failure != nil, try !isDone(retry, clean) { try operation.run(retry) }
            } catch let error as LakeError where operation.name == "create lake" && error.code == .conflict {
                // The first try made it before it failed.
            }
            let history = try check(clean, ledger, fail)
            if operation.name == TableOperation.purge.name, let history {
                for fault in try history.leftovers(in: Lake.open(at: Job.lakePath, store: clean).table("rows")) {
                    fail(fault)
                }
            }
            // A vacuum that failed may have moved files, and what another does not move it does not sync: they may come back.
            let isVacuum = operation.name == TableOperation.vacuum.name
            _ = try check(MemoryStore(shared.disk.lasting), ledger, isCut: isVacuum) {
                fail("after a power cut: " + $0)
            }
        } catch {
            fail("\(error)")
        }
    }

    /// Whether the table has a version of the job's.
    private func isDone(_ job: Job, _ store: MemoryStore) throws -> Bool {
        guard try store.size(joinPath(Job.lakePath, "alphalake.json")) != nil else { return false }
        let lake = try Lake.open(at: Job.lakePath, store: store)
        guard try lake.hasTable("rows") else { return false }
        let table = try lake.table("rows")
        if try table.tags().contains(where: { try table.tag($0).message == job.token }) { return true }
        return try table.log().contains { $0.details["job"] == job.token }
    }

    private func check(
        _ store: MemoryStore, _ ledger: Ledger, isCut: Bool = false, _ fail: (String) -> Void
    ) throws -> TableHistory? {
        let lake = try Lake.open(at: Job.lakePath, store: store)
        guard try lake.hasTable("rows") else { return nil }
        let table = try lake.table("rows")
        let (history, faults) = try ledger.history(of: table)
        for fault in faults { fail(fault) }
        let found = try TableModel(querying: lake, table: "rows")
        if let model = history.models[try table.latestVersion()]?.withLabels(Job.labels), found != model {
            fail(found.difference(from: model))
        }
        for finding in try Proof.findings(table) where !(isCut && finding.isOfInterruption) { fail("\(finding)") }
        return history
    }
}
