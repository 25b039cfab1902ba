import Foundation
import LakeBytes
import LakeCore
import LakeShard
import Testing

/// Whatever happens to the bytes of a shard: right values or an error that says where, never a crash.
///
/// `Tools/fuzz` runs the same with more of everything; the environment says how much.
@Suite(.serialized) struct DamageTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let store = LocalStore()

    private static func number(_ name: String, _ standard: Int) -> Int {
        environment[name].flatMap(Int.init) ?? standard
    }

    /// The golden shards: together they have every type, encoding, codec, kind of segment and form of key group.
    private static func golden(upTo limit: Int) throws -> [DamageTarget] {
        try store.list(GoldenTests.directory).filter { $0.hasSuffix(".shard") }.compactMap { name in
            let bytes = try store.read(joinPath(GoldenTests.directory, name), limit: GoldenTests.limit)
            return bytes.count > limit ? nil : try DamageTarget(name: name, bytes: bytes)
        }
    }

    @Test func everyTruncationIsRefused() throws {
        for target in try DamageTests.golden(upTo: 1 << 14) {
            for length in 0..<target.bytes.count {
                DamageNote.reading("\(target.name) cut to \(length) bytes")
                let fault = try target.faultOfTruncating(to: length)
                if let fault { Issue.record("\(target.name) cut to \(length) bytes: \(fault)") }
            }
        }
        DamageNote.done()
    }

    @Test func everyFlippedBitIsFoundOrHarmless() throws {
        let isThorough = DamageTests.environment["ALPHALAKE_DAMAGE"] == "all"
        var flips = 0
        for target in try DamageTests.golden(upTo: isThorough ? 1 << 20 : 1 << 13) {
            for bit in 0..<target.bitCount {
                DamageNote.reading("\(target.name) with bit \(bit) flipped")
                let fault = try target.faultOfFlipping(bit: bit, thorough: isThorough && target.bytes.count < 1 << 14)
                if let fault { Issue.record("\(target.name), bit \(bit): \(fault)") }
            }
            flips += target.bitCount
        }
        DamageNote.done()
        print("flipped \(flips) bits one by one")
        #expect(flips > 100_000)
    }

    @Test func randomBitsOfALargeShard() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("large.shard")
        if let given = DamageTests.environment["ALPHALAKE_DAMAGE_SHARD"] {
            try FileManager.default.copyItem(atPath: given, toPath: path)
        } else {
            try DamageTests.writeLarge(path)
        }
        let bytes = try DamageTests.store.read(path, limit: 1 << 30)
        let target = try DamageTarget(name: path, bytes: bytes)
        let seed = UInt64(DamageTests.number("ALPHALAKE_FUZZ_SEED", 1))
        let count = DamageTests.number("ALPHALAKE_DAMAGE_FLIPS", 2000)
        var random = SplitMix64(seed: seed)
        guard let handle = FileHandle(forUpdatingAtPath: path) else { throw LakeError(.io, "cannot open \(path)") }
        for number in 0..<count {
            let bit = Int(random.next() % UInt64(target.bitCount))
            DamageNote.reading("bit \(bit) of the large shard flipped (number \(number) of seed \(seed))")
            // The mapping shows the file as it is: nothing is copied.
            try handle.seek(toOffset: UInt64(bit / 8))
            try handle.write(contentsOf: [bytes[bit / 8] ^ 1 << UInt8(bit % 8)])
            let fault = try target.fault(of: bit) { try ShardReader(path: path, store: DamageTests.store) }
            try handle.seek(toOffset: UInt64(bit / 8))
            try handle.write(contentsOf: [bytes[bit / 8]])
            if let fault { Issue.record("bit \(bit), seed \(seed): \(fault)") }
        }
        DamageNote.done()
        print("flipped \(count) random bits of \(bytes.count) bytes, seed \(seed)")
    }

    private static func writeLarge(_ path: String) throws {
        var rows = RandomRows(seed: 21)
        let count = 66_000
        var columns = GoldenShard.surveyColumns(repeats: true).map { name, type, values in
            (name, type, values.gathering((0..<count).map { $0 % values.count }))
        }
        for (number, shape) in RandomRows.Shape.allCases.enumerated() {
            for type in [DataType.int64, .float64, .utf8] {
                columns.append(("\(type) \(number)", type, rows.vector(type, count: count, shape: shape, nulls: true)))
            }
        }
        try GoldenShard("large", columns, groups: GoldenShard.surveyGroups).write(to: path, store: store)
    }

    /// Damage with all checksums made right again: parsers meet it, and may refuse it or read something, but no more.
    @Test func mutationsBehindTheChecksumsNeverCrash() throws {
        let first = UInt64(DamageTests.number("ALPHALAKE_FUZZ_SEED", 1))
        let seconds = DamageTests.number("ALPHALAKE_FUZZ_SECONDS", 10)
        let deadline = ContinuousClock.now + .seconds(seconds)
        let targets = try DamageTests.golden(upTo: 1 << 17)
        var (seed, refused) = (first, 0)
        while ContinuousClock.now < deadline {
            let target = targets[Int(seed % UInt64(targets.count))]
            DamageNote.reading("\(target.name), mutation of seed \(seed)")
            var mutation = ShardMutation(target, seed: seed)
            mutation.run()
            if try refuses(mutation.bytes, target, seed) { refused += 1 }
            seed += 1
        }
        DamageNote.done()
        print("\(seed - first) mutations from seed \(first) on, \(refused) of them refused")
        #expect(seconds == 0 || seed > first + 100)
    }

    /// Reads a mutated shard in all ways.
    private func refuses(_ bytes: [UInt8], _ target: DamageTarget, _ seed: UInt64) throws -> Bool {
        let reader: ShardReader
        do {
            reader = try DamageTarget.open(bytes, target.name)
        } catch let error as LakeError where error.code == .corrupt && error.location.file != nil {
            return true
        }
        var isRefused = false
        for path in ReadPath.all(of: reader) {
            if case .failure = try path.outcome(reader) { isRefused = true }
        }
        let findings = ShardValidation(of: reader).run()
        #expect(findings.allSatisfy { $0.location.file != nil })
        if isRefused, !findings.contains(where: { $0.severity == .error }) {
            Issue.record("\(target.name), seed \(seed): a shard that cannot be read passes validation")
        }
        return isRefused
    }
}
