import Foundation
import LakeBytes
import LakeCore
import LakeTable
import Synchronization

/// A run of operations by writers that take turns at their stores' calls, every state of the disk, and what came of it.
struct Recording: Sendable {
    let ledger: Ledger
    let shared: SharedDisk
    /// Changes that were made before the run.
    let start: Int
    let trace: UInt64
    /// What was thrown that is no conflict between writers.
    let failures: [String]

    /// - Parameters:
    ///   - setup: what is done before the run, by one writer.
    ///   - lying: the calls that the disk only pretends to make.
    init(
        setup: [TableOperation], writers: [[TableOperation]], seed: UInt64, recording: Bool = true,
        lying: @escaping @Sendable (StoreCall) -> Bool = { _ in false }
    ) throws {
        ledger = Ledger()
        shared = SharedDisk(recording: recording)
        let store = MemoryStore(shared)
        for (number, operation) in setup.enumerated() {
            try operation.run(Job(number + 1, seed: seed, ledger: ledger, store: store))
            if operation.name == TableOperation.createLake.name, setup.count > 2 {
                try Job(900, seed: seed, ledger: ledger, store: store).makeNames()
            }
        }
        start = shared.changes
        (trace, failures) = Recording.run(writers, seed, ledger, shared, lying)
    }

    /// What writers do after another recording.
    init(after beginning: Recording, writers: [[TableOperation]], seed: UInt64) {
        ledger = Ledger(copying: beginning.ledger)
        shared = SharedDisk(beginning.shared.disk, changes: beginning.shared.changes)
        start = 0
        (trace, failures) = Recording.run(writers, seed, ledger, shared) { _ in false }
    }

    private static func run(
        _ writers: [[TableOperation]], _ seed: UInt64, _ ledger: Ledger, _ shared: SharedDisk,
        _ lying: @escaping @Sendable (StoreCall) -> Bool
    ) -> (trace: UInt64, failures: [String]) {
        let turns = Turns(writers: writers.count, seed: seed)
        let failures = Mutex<[String]>([])
        let bodies = writers.enumerated().map { writer, operations in
            { @Sendable in
                let store = MemoryStore(shared) {
                    turns.pass(writer)
                } gate: { call in
                    turns.wait(writer, call.kind)
                    return lying(call) ? .pretends : .works
                }
                for (number, operation) in operations.enumerated() {
                    let job = Job((writer + 1) * 10 + number, seed: seed, ledger: ledger, store: store)
                    do {
                        try operation.run(job)
                    } catch let error as LakeError where error.code == .conflict && writers.count > 1 {
                        if !operation.goesOn { ledger.refuse(job.token) }
                    } catch {
                        failures.withLock { $0.append("\(operation.name) by writer \(writer): \(error)") }
                    }
                }
            }
        }
        turns.run(bodies)
        return (turns.trace, failures.withLock { $0 })
    }

    /// A table with rows in two shards, some of them deleted, two tags, and the table that its derived columns read.
    static let table: [TableOperation] = [.createLake, .createTable, .append, .append, .tag, .moveTag, .delete]
}

/// The names in a disk's paths and files that were drawn at random, replaced by numbers, and times by zeros: two runs that did
/// the same have the same bytes then.
struct Canonical {
    private var numbers: [ArraySlice<UInt8>: Int] = [:]
    private var times: [String: Int] = [:]

    /// A path, with the times of trash replaced as well.
    mutating func path(_ path: String) -> [UInt8] {
        guard let place = path.range(of: "/trash/") else { return bytes(Array(path.utf8)) }
        let name = path[place.upperBound...].prefix { $0 != "/" }
        let number = times[String(name)] ?? times.count
        times[String(name)] = number
        return bytes(Array((path[..<place.upperBound] + "\(number)" + path[name.endIndex...]).utf8))
    }

    /// The same number of bytes.
    mutating func bytes(_ bytes: [UInt8]) -> [UInt8] {
        var result = bytes
        var start = 0
        while start < bytes.count {
            var end = start
            while end < bytes.count, Canonical.isHexadecimal(bytes[end]) { end += 1 }
            if end - start == 32 {
                let number = numbers[bytes[start..<end]] ?? numbers.count
                numbers[bytes[start..<end]] = number
                let digits = Array(String(number).utf8)
                for index in start..<end { result[index] = UInt8(ascii: "g") }
                result.replaceSubrange((end - digits.count)..<end, with: digits)
            } else if end - start == 16 {
                for index in start..<end { result[index] = UInt8(ascii: "0") }
            }
            start = end + 1
        }
        return result
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool { (48...57).contains(byte) || (97...102).contains(byte) }
}
