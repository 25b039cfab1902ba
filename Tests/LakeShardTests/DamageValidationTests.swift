import Foundation
import LakeBytes
import LakeCore
import LakeShard
import Testing

/// Sound shards pass, and what is wrong in others is found and named.
@Suite struct DamageValidationTests {
    private let store = LocalStore()

    private func golden() throws -> [(name: String, bytes: [UInt8])] {
        try store.list(GoldenTests.directory).filter { $0.hasSuffix(".shard") }.map { name in
            (name, try store.read(joinPath(GoldenTests.directory, name), limit: GoldenTests.limit))
        }
    }

    private func findings(
        _ bytes: [UInt8], _ name: String, _ depth: ShardValidation.Depth = .everything
    ) throws -> [ShardFinding] {
        var validation = ShardValidation(of: try DamageTarget.open(bytes, name))
        validation.depth = depth
        return validation.run()
    }

    @Test(arguments: [ShardValidation.Depth.checksums, .everything])
    func goldenShardsAreSound(depth: ShardValidation.Depth) throws {
        for (name, bytes) in try golden() {
            let found = try findings(bytes, name, depth)
            #expect(found == [], "\(name)")
        }
    }

    @Test func everyByteBetweenHeaderAndFooterCounts() throws {
        var random = SplitMix64(seed: 3)
        for (name, bytes) in try golden() {
            let reader = try DamageTarget.open(bytes, name)
            let end = Int(try reader.segments().last?.offset ?? 64)
            for _ in 0..<40 {
                var damaged = bytes
                let position = 64 + Int(random.next() % UInt64(end - 64))
                damaged[position] ^= 1 << UInt8(random.next() % 8)
                let found = try findings(damaged, name, .checksums)
                #expect(found.contains { $0.severity == .error && $0.location.offset != nil }, "\(name) at \(position)")
                #expect(found.allSatisfy { $0.location.file == name })
            }
        }
    }

    @Test func theManifestAndTheTableAreHeldAgainstTheShard() throws {
        guard let (name, bytes) = try golden().first(where: { $0.name == "groups.shard" }) else {
            Issue.record("no groups.shard")
            return
        }
        let reader = try DamageTarget.open(bytes, name)
        var validation = ShardValidation(of: reader)
        validation.schema = try reader.schema()
        validation.rows = reader.rowCount
        #expect(validation.run() == [])
        validation.rows = reader.rowCount + 1
        #expect(validation.run().count == 1)
        validation.rows = nil
        var fields = reader.fields
        fields[0].type = .utf8
        validation.schema = try Schema(fields: fields)
        #expect(validation.run().contains { $0.message.contains("person") })
    }

    @Test func progressEndsAtTheTotal() throws {
        guard let (name, bytes) = try golden().first(where: { $0.name == "types.shard" }) else {
            Issue.record("no types.shard")
            return
        }
        let last = Last()
        _ = ShardValidation(of: try DamageTarget.open(bytes, name)).run { last.note($0) }
        #expect(last.progress?.doneBytes == last.progress?.totalBytes)
    }

    private final class Last: @unchecked Sendable {
        private let lock = NSLock()
        private var value: ShardValidation.Progress?

        func note(_ progress: ShardValidation.Progress) {
            lock.withLock { if progress.doneBytes >= value?.doneBytes ?? 0 { value = progress } }
        }

        var progress: ShardValidation.Progress? { lock.withLock { value } }
    }
}
