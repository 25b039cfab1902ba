import Foundation
import LakeBytes
import LakeCore
import LakeQuery
import LakeShard
import LakeTable
import Synchronization
import Testing

/// Bits of a table's files are flipped: validation finds every one, and a query for all rows fails or has the right ones.
/// `Tools/damage` does the same with more of everything.
@Suite(.serialized) struct DamageTests {
    private static let columns = ["flips", "found", "refused", "right rows"]

    /// What a query over everything yields: a digest of the rows, or nil where it fails with an error that says where.
    private func outcome(_ disk: Disk) throws -> UInt64? {
        do {
            let lake = try Lake.open(at: Job.lakePath, store: MemoryStore(disk))
            let derived = try lake.table("rows").manifest().schema.derived.map { ", \"\($0.name)\"" }.joined()
            let query = try QueryEngine(lake: lake, workers: 1).prepare("SELECT *\(derived) FROM rows")
            var digest = Checksum.xxh3(Array("\(query.columns.map(\.name))".utf8))
            try query.run { batch in
                for row in 0..<batch.count {
                    for column in batch.columns { digest = SplitMix64.mixed(digest ^ column.digest(row)) }
                }
            }
            return digest
        } catch let error as LakeError where [.corrupt, .missing].contains(error.code) && error.location.file != nil {
            return nil
        }
    }

    /// Whether a validation finds something wrong.
    private func isFound(_ disk: Disk, inside: Bool) throws -> Bool {
        do {
            let lake = try Lake.open(at: Job.lakePath, store: MemoryStore(disk))
            return try lake.tables().contains { name in
                let table = try lake.table(name)
                if inside { return try Proof.findings(table).contains { $0.severity == .error } }
                return try !Validation(of: table, workers: 1).run().isSound
            }
        } catch let error as LakeError where error.code == .corrupt && error.location.file != nil {
            return true
        }
    }

    /// Flips a bit; what is wrong with what comes of it.
    private func flip(_ disk: Disk, _ path: String, bit: Int, right: UInt64, inside: Bool, _ count: ([Int]) -> Void)
        -> String?
    {
        var damaged = disk
        damaged.flip(path, byte: bit / 8, mask: 1 << UInt8(bit % 8))
        do {
            let isFound = try isFound(damaged, inside: inside)
            let outcome = try outcome(damaged)
            count([1, isFound ? 1 : 0, outcome == nil ? 1 : 0, outcome == right ? 1 : 0])
            if !isFound { return "validation finds nothing" }
            return outcome == nil || outcome == right ? nil : "a query has other rows"
        } catch {
            count([1, 0, 0, 0])
            return "\(error)"
        }
    }

    @Test func everyByteOfATablesFiles() throws {
        let tally = Tally(Self.columns)
        let (bits, step) = (Proof.number("BITS", 1), Proof.number("STEP", 10))
        let changes: [TableOperation] = [.appendWidening, .derive, .replace, .delete]
        let recording = try Recording(setup: Recording.table + changes, writers: [], seed: Proof.seed)
        let disk = recording.shared.disk
        let right = try #require(try outcome(disk))
        let rows = Job.lakePath + "/tables/rows/"
        let folders: [(name: String, folder: String)] = [
            ("alphalake.json", Job.lakePath), ("versions", rows + "versions"), ("deletions", rows + "deletions"),
            ("shards, all of them", rows + "shards"),
        ]
        var random = SplitMix64(seed: Proof.seed)
        var flips: [(name: String, path: String, bit: Int)] = []
        for (name, folder) in folders {
            for path in disk.list(folder).map({ joinPath(folder, $0) }) {
                for byte in 0..<(disk.bytes(path)?.count ?? 0) where random.below(step) == 0 {
                    let chosen = bits == 8 ? Array(0..<8) : [random.below(8)]
                    flips += chosen.map { (name, path, byte * 8 + $0) }
                }
            }
        }
        try parallelFor(count: flips.count, workers: Proof.jobs) { [flips] index in
            let (name, path, bit) = flips[index]
            let fault = flip(disk, path, bit: bit, right: right, inside: index % 16 == 0) { tally.add(name, $0) }
            if let fault {
                tally.fail(name, "\(path), bit \(bit): \(fault)", again: "Tools/damage --seed \(Proof.seed) --flips 0")
            }
        }
        tally.show("Damage to every byte")
        #expect(tally.failures == 0)
    }

    @Test func everyByteOfACheckpoint() throws {
        let tally = Tally(Self.columns)
        let setup = Recording.table + [TableOperation](repeating: .append, count: 62)
        let disk = try Recording(setup: setup, writers: [], seed: Proof.seed, recording: false).shared.disk
        let right = try #require(try outcome(disk))
        let path = Job.lakePath + "/tables/rows/versions/64.json"
        let count = try #require(disk.bytes(path)?.count)
        let step = Proof.number("STEP", 10) * 20
        try parallelFor(count: count / step, workers: Proof.jobs) { index in
            let bit = index * step * 8 + index % 8
            let fault = flip(disk, path, bit: bit, right: right, inside: false) { tally.add("checkpoint", $0) }
            if let fault {
                tally.fail("checkpoint", "bit \(bit): \(fault)", again: "Tools/damage --seed \(Proof.seed) --flips 0")
            }
        }
        tally.show("Damage to a checkpoint")
        #expect(tally.failures == 0)
    }

    /// Random bits of many generated shards: the digest in the manifest finds each, and whoever reads all columns is refused or
    /// gets the right values. Every so many are put to a validation of the table and a query as well.
    @Test func randomBitsOfManyShards() throws {
        let tally = Tally(["shards"] + Self.columns + ["by query and validation"])
        let (wanted, each, sample) = (Proof.number("FLIPS", 20_000), Proof.number("EACH", 500), 25)
        let next = Atomic<Int>(0)
        let done = Atomic<Int>(0)
        try parallelFor(count: Proof.jobs, workers: Proof.jobs) { slot in
            while done.load(ordering: .relaxed) < wanted, !Proof.isLate {
                let seed = Proof.seed &+ UInt64(next.wrappingAdd(1, ordering: .relaxed).oldValue)
                let table = try RandomTable(seed: seed)
                let intact = try #require(table.disk.bytes(table.shard))
                let (digest, right) = (Digest(of: intact), try values(intact, table.shard))
                let rows = try #require(try outcome(table.disk))
                var random = SplitMix64(seed: seed)
                var counts = [0, 0, 0, 0, 0]
                for number in 1...each {
                    LastWords.trying(slot, seed: seed, step: number)
                    let bit = random.below(intact.count * 8)
                    var (bytes, faults) = (intact, [String]())
                    bytes[bit / 8] ^= 1 << UInt8(bit % 8)
                    counts[0] += 1
                    if Digest(of: bytes) != digest { counts[1] += 1 } else { faults.append("its digest is the same") }
                    switch Result(catching: { try values(bytes, table.shard) }) {
                    case .success(nil): counts[2] += 1
                    case .success(right): counts[3] += 1
                    case .success: faults.append("readers get other values")
                    case .failure(let error): faults.append("\(error)")
                    }
                    if number % sample == 0 {
                        counts[4] += 1
                        let fault = flip(
                            table.disk, table.shard, bit: bit, right: rows, inside: number % (4 * sample) == 0
                        ) { _ in }
                        if let fault { faults.append(fault) }
                    }
                    for fault in faults {
                        let again = "Tools/damage --seed \(seed) --flips \(each)"
                        tally.fail("random bits", "bit \(bit): \(fault)", again: again)
                    }
                }
                tally.add("random bits", [1] + counts)
                done.wrappingAdd(each, ordering: .relaxed)
            }
            LastWords.trying(slot, seed: 0, step: 0)
        }
        tally.show("Damage to random shards")
        #expect(tally.failures == 0)
    }

    /// A digest of all values of a shard; nil where it is refused with an error that says where.
    private func values(_ bytes: [UInt8], _ path: String) throws -> UInt64? {
        do {
            let reader = try ShardReader(ByteView(bytes, source: path), path: path)
            var digest = Checksum.xxh3(Array("\(reader.fields)".utf8))
            for field in reader.fields.indices {
                for chunk in 0..<reader.chunkCount {
                    let column = try reader.vector(field: field, chunk: chunk)
                    for row in 0..<column.count { digest = SplitMix64.mixed(digest ^ column.digest(row)) }
                }
            }
            return digest
        } catch let error as LakeError where error.code == .corrupt && error.location.file == path {
            return nil
        }
    }
}

extension ColumnVector {
    /// A digest of value `index`: of equal values the same.
    fileprivate func digest(_ index: Int) -> UInt64 {
        guard !isNull(index) else { return 1 }
        switch values {
        case .integers(let values): return SplitMix64.mixed(UInt64(bitPattern: values[index]))
        case .floats(let values): return SplitMix64.mixed(values[index].bitPattern &+ 7)
        case .bytes(let values): return Checksum.xxh3(Array(values[index]))
        case .codes(let codes, let dictionary): return dictionary.values.digest(Int(codes[index]))
        case .lists(let offsets, let child):
            return (offsets[index]..<offsets[index + 1]).reduce(UInt64(offsets[index + 1] - offsets[index])) {
                SplitMix64.mixed($0 ^ child.vector.digest($1))
            }
        }
    }
}
