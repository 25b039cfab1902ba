import LakeBytes
import LakeCore
import Testing

@testable import LakeTable

@Suite struct DeletionTests {
    private let directory: TemporaryDirectory
    private let table: TableDirectory

    init() throws {
        (directory, table) = try tableOfThirtyRows()
    }

    /// Deletes rows of a shard of a version: a vector with those that were deleted before.
    private func deletion(_ shard: Int, _ rows: Range<Int>, in base: Manifest) throws -> TableChange {
        let entry = base.shards[shard]
        var vector = try table.deletions(of: entry) ?? DeletionVector(rows: entry.rows)
        var deleted = Bitmap(count: entry.rows)
        deleted.fill(rows)
        vector.delete(deleted)
        return .delete([(entry, vector.count == entry.rows ? nil : try table.write(vector))])
    }

    @Test func rowsGoAndEarlierVersionsKeepThem() throws {
        let before = try table.manifest()
        let after = try table.commit(deletion(1, 2..<5, in: before), over: before)
        #expect(after.rows == 27 && after.operation == .delete)
        #expect(try table.manifest() == after)
        #expect(try table.deletions(of: after.shards[1])?.deleted.positions == [2, 3, 4])
        #expect(try table.manifest(version: before.version) == before)
        #expect(try table.record(after.version).summary.rowsRemoved == 3)
        #expect(try table.record(after.version).requiredFeatures == ["deletions"])
        let more = try table.commit(deletion(1, 4..<7, in: after), over: after)
        #expect(more.rows == 25)
        let all = try table.commit(deletion(1, 0..<10, in: more), over: more)
        #expect(all.rows == 20 && all.shards.count == 2)
        #expect(try Validation(of: table).run().findings.isEmpty)
    }

    @Test func checkpointsKnowWhatIsDeleted() throws {
        let first = try table.manifest()
        try table.commit(deletion(0, 0..<4, in: first), over: first)
        while try table.latestVersion() < 70 { try table.appendOne(rows: 1) }
        #expect(try table.record(64).requiredFeatures == ["deletions"])
        #expect(try table.record(65).requiredFeatures.isEmpty)
        #expect(try table.manifest().shards[0].deletion?.rows == 4)
        // Read from the checkpoint alone.
        for version in 1..<64 { try LocalStore().remove(table.versionPath(version)) }
        #expect(try table.manifest().rows == 26 + 70 - 5)
        #expect(try Validation(of: table).run().findings.isEmpty)
    }

    @Test func aDeletionFollowsAppendsAndNothingThatTouchesItsShard() throws {
        let base = try table.manifest()
        try table.appendOne(rows: 5)
        let after = try table.commit(deletion(0, 0..<2, in: base), over: base)
        #expect(after.rows == 33)
        // Another deletion of the same shard, made for the version before.
        let late = try deletion(0, 5..<7, in: base)
        #expect(throws: LakeError.self) { try table.commit(late, over: base) }
        // One of another shard has nothing to do with it.
        #expect(try table.commit(deletion(1, 5..<7, in: base), over: base).rows == 31)
        // A shard that is replaced, or was.
        let replace = TableChange.replace([base.shards[0]], with: [try table.fakeShard(rows: 10)])
        let error = #expect(throws: LakeError.self) { try table.commit(replace, over: base) }
        #expect(error?.code == .conflict && error?.message.contains("changed") == true)
        let current = try table.manifest()
        _ = try table.commit(.replace([current.shards[2]], with: [try table.fakeShard(rows: 10)]), over: current)
        let gone = #expect(throws: LakeError.self) {
            try table.commit(try deletion(2, 0..<1, in: current), over: current)
        }
        #expect(gone?.code == .conflict && gone?.message.contains("removed") == true)
        #expect(try Validation(of: table).run().findings.allSatisfy { $0.severity == .note })
    }

    @Test func aTransactionIsMadeOnce() throws {
        let base = try table.manifest()
        let id = TableDirectory.transaction(named: "nightly 17")
        let first = try table.commit(.append([table.fakeShard()]), over: base, transaction: id)
        try table.appendOne()
        let again = try table.commit(.append([table.fakeShard()]), over: base, transaction: id)
        #expect(again == first)
        #expect(try table.manifest().version == first.version + 1)
        #expect(try table.version(ofTransaction: id) == first.version)
        #expect(try table.version(ofTransaction: id, after: first.version) == nil)
        #expect(try table.version(ofTransaction: TableDirectory.transaction(named: "another")) == nil)
    }

    /// Writers that share a transaction are one job run several times at once: it is done once, and nobody's files are taken.
    @Test func writersMayShareATransaction() throws {
        let table = table
        for round in 0..<20 {
            let id = TableDirectory.transaction(named: "round \(round)")
            let base = try table.manifest()
            let made = try parallelMap(count: 4, workers: 4) { _ in
                try table.commit(.append([table.fakeShard()]), over: base, transaction: id).version
            }
            #expect(Set(made) == [base.version + 1])
        }
        #expect(try table.manifest().rows == 30 + 20 * 10)
        #expect(try Validation(of: table).run().findings.allSatisfy { $0.severity == .note })
        #expect(try LocalStore().list(table.versionsPath).allSatisfy { !$0.hasPrefix(".tmp-") })
    }

    @Test func validationNamesDeletionsThatAreDamagedOrGone() throws {
        let base = try table.manifest()
        let after = try table.commit(deletion(0, 0..<4, in: base), over: base)
        let entry = try #require(after.shards[0].deletion)
        let path = table.deletionPath(entry.file)
        let bytes = try LocalStore().read(path, limit: 1_000)
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 1
            try overwrite(path, damaged)
            let found = try Validation(of: table).run().findings
            #expect(found.count == 1 && found[0].severity == .error && found[0].location.file == path)
            #expect(throws: LakeError.self) { try table.deletions(of: after.shards[0]) }
        }
        try LocalStore().remove(path)
        let found = try Validation(of: table).run().findings
        #expect(found.map(\.message) == ["the deletions of shard 1 are not there"])
    }

    @Test func versionsThatDeleteWhatCannotBeAreRefused() throws {
        let base = try table.manifest()
        let after = try table.commit(deletion(0, 0..<4, in: base), over: base)
        let (record, _) = try table.read(after.version)
        let entry = try #require(after.shards[0].deletion)
        func isRefused(_ change: (inout VersionRecord) -> Void) throws -> Bool {
            var record = record
            change(&record)
            try overwrite(table.versionPath(record.version), try SealedJSON.seal(record).bytes)
            do { _ = try table.manifest() } catch let error as LakeError { return error.code == .corrupt }
            return false
        }
        func listed(_ shard: Int, _ rows: Int) -> VersionRecord.ShardDeletion {
            var changed = entry
            changed.rows = rows
            return VersionRecord.ShardDeletion(shard: shard, deletion: changed)
        }
        #expect(try !isRefused { _ in })
        #expect(try isRefused { $0.requiredFeatures = [] })
        #expect(try isRefused { $0.requiredFeatures = ["deletions", "unheard-of"] })
        #expect(try isRefused { $0.deletions = [listed(9, 4)] })
        #expect(try isRefused { $0.deletions = [listed(1, 0)] })
        #expect(try isRefused { $0.deletions = [listed(1, 10)] })
        #expect(try isRefused { $0.deletions = [listed(1, 3)] })
        #expect(try isRefused { $0.deletions = [listed(2, 4), listed(1, 4)] })
        #expect(try isRefused { $0.deletions?[0].deletion.file = "../x" })
    }
}
