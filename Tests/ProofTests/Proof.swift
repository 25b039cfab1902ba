import Foundation
import LakeBytes
import LakeCore
import LakeTable
import Synchronization
import Testing

/// How much is to be proved: little by default, as part of all tests; the commands in `Tools/` ask for more by the environment.
enum Proof {
    static let seed = UInt64(number("SEED", 1))
    static let jobs = number("JOBS", 2)
    /// The one case to be repeated, by name.
    static let only = ProcessInfo.processInfo.environment["ALPHALAKE_PROOF_ONLY"]

    private static let end = ContinuousClock.now + .seconds(number("SECONDS", 1_000_000))
    /// Whether the time that was given is used up; what has been done by then is told.
    static var isLate: Bool { ContinuousClock.now > end }

    static func number(_ name: String, _ standard: Int) -> Int {
        ProcessInfo.processInfo.environment["ALPHALAKE_PROOF_" + name].flatMap(Int.init) ?? standard
    }

    /// Digests of shards whose insides were checked.
    private static let sound = Mutex<Set<Digest>>([])

    /// Everything that is checked of a table, with what is inside of its shards.
    static func findings(_ table: TableDirectory) throws -> [Finding] {
        let everything = Validation.everything(in: table, workers: 1)
        let inside: Validation.ShardCheck = { file, entry, schema in
            let digest = Digest(of: file.view)
            // The same bytes were found to be sound before.
            if sound.withLock({ $0.contains(digest) }) { return [] }
            let faults = try everything(file, entry, schema)
            if faults.isEmpty { sound.withLock { _ = $0.insert(digest) } }
            return faults
        }
        return try Validation(of: table, workers: 1).run(checkShard: inside).findings.filter { $0.severity != .note }
    }
}

extension Finding {
    /// Whether it says no more than that a vacuum or a purge was cut short and has to be run again.
    var isOfInterruption: Bool {
        let words = ["cannot be opened without those before", "did not come to its end"]
        return severity == .warning && words.contains { message.contains($0) }
    }
}

/// Digests of what has been met.
final class Distinct: Sendable {
    private let digests = Mutex<Set<UInt64>>([])

    var count: Int { digests.withLock { $0.count } }

    /// Whether it is the first time.
    func insert(_ digest: UInt64) -> Bool { digests.withLock { $0.insert(digest).inserted } }
}

/// Counts by name, printed as one table, and the first failures of each.
final class Tally: Sendable {
    private struct State {
        var names: [String] = []
        var counts: [String: [Int]] = [:]
        var failures: [String: Int] = [:]
        var shown = 0
    }

    private let columns: [String]
    private let started = ContinuousClock.now
    private let state = Mutex(State())

    private let isQuiet: Bool

    /// - Parameter isQuiet: failures are counted and no more.
    init(_ columns: [String], isQuiet: Bool = false) {
        self.columns = columns
        self.isQuiet = isQuiet
    }

    /// Adds to the counts of a line, which are in the order of the columns.
    func add(_ name: String, _ counts: [Int]) {
        state.withLock { state in
            if state.counts[name] == nil { state.names.append(name) }
            let old = state.counts[name] ?? counts.map { _ in 0 }
            state.counts[name] = zip(old, counts).map { $0 + $1 }
        }
    }

    /// Notes something that must not be, and how to see it again.
    func fail(_ name: String, _ message: String, again: String) {
        let isShown = state.withLock { state in
            state.failures[name, default: 0] += 1
            state.shown += 1
            return state.shown <= 20 && !isQuiet
        }
        if isShown { Issue.record("\(name): \(message)\n  again: \(again)") }
    }

    var failures: Int { state.withLock { $0.failures.values.reduce(0, +) } }

    func show(_ title: String) {
        let seconds = Int((ContinuousClock.now - started) / .seconds(1))
        state.withLock { state in
            var rows = [["", columns.joined(separator: "\t"), "failures"].joined(separator: "\t")]
            var total = columns.map { _ in 0 }
            for name in state.names {
                let counts = state.counts[name] ?? []
                total = zip(total, counts).map { $0 + $1 }
                rows.append(
                    ([name] + counts.map(String.init) + ["\(state.failures[name] ?? 0)"]).joined(separator: "\t"))
            }
            rows.append((["all"] + total.map(String.init) + ["\(state.shown)"]).joined(separator: "\t"))
            let cells = rows.map { $0.components(separatedBy: "\t") }
            let widths = (0..<(columns.count + 2)).map { column in cells.map { $0[column].count }.max() ?? 0 }
            var text = "\n\(title): seed \(Proof.seed), \(seconds) s\n"
            for row in cells {
                let padded = row.enumerated().map { column, cell in
                    let space = String(repeating: " ", count: widths[column] - cell.count)
                    return column == 0 ? cell + space : space + cell
                }
                text += padded.joined(separator: "  ") + "\n"
            }
            print(text)
        }
    }
}
