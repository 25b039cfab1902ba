import Glibc
import LakeBytes
import LakeCore
import Testing

@testable import LakeTable

@Suite struct TagTests {
    @Test func aTagOutlivesTheFilesOfItsVersion() throws {
        let directory = try TemporaryDirectory()
        let table = try sampleTable(in: directory)
        try table.appendOne(rows: 3)
        let tagged = try table.manifest()
        let tag = try table.makeTag("paper", message: "as submitted")
        try table.appendOne(rows: 4)
        #expect(try table.tags() == ["paper"] && table.tag("paper") == tag && tag.message == "as submitted")
        #expect(try table.manifest(at: .tag("paper")) == tagged)
        #expect(try Validation(of: table).run().isSound)
        for version in 1...2 { try LocalStore().remove(table.versionPath(version)) }
        #expect(try table.snapshot(at: .tag("paper")).manifest == tagged)
        #expect(try table.version(.tag("paper")) == 2)
    }

    @Test func aTagIsNeverChangedSilently() throws {
        let directory = try TemporaryDirectory()
        let table = try sampleTable(in: directory)
        try table.makeTag("t")
        try table.appendOne()
        let taken = #expect(throws: LakeError.self) { try table.makeTag("t") }
        #expect(taken?.code == .conflict && taken?.hint?.contains("--move") == true)
        #expect(try table.tag("t").version == 1)
        try table.makeTag("t", isMove: true)
        #expect(try table.tag("t").version == 2)
        try table.makeTag("fresh", at: .number(1), isMove: true)
        try table.makeTag("again", at: .tag("fresh"))
        #expect(try table.tags() == ["again", "fresh", "t"] && table.tag("again").version == 1)
        try table.deleteTag("t")
        #expect(try table.tags() == ["again", "fresh"])
        #expect(#expect(throws: LakeError.self) { try table.deleteTag("t") }?.code == .missing)
        #expect(#expect(throws: LakeError.self) { try table.tag("frsh") }?.hint == "did you mean 'fresh'?")
        #expect(try Validation(of: table).run().isSound)
    }

    @Test(arguments: ["", ".x", "-x", "a/b", "a b", "é", "..", String(repeating: "x", count: 129)])
    func noNames(name: String) throws {
        let directory = try TemporaryDirectory()
        let table = try sampleTable(in: directory)
        for isMove in [true, false] {
            #expect(#expect(throws: LakeError.self) { try table.makeTag(name, isMove: isMove) }?.code == .usage)
        }
        #expect(#expect(throws: LakeError.self) { try table.tag(name) }?.code == .usage)
        #expect(#expect(throws: LakeError.self) { try table.deleteTag(name) }?.code == .usage)
        #expect(try Lake.isTagName(String(repeating: "x", count: 128)) && table.tags().isEmpty)
        #expect(#expect(throws: LakeError.self) { try table.makeTag("t", at: .number(2)) }?.code == .missing)
    }

    @Test func whoeverReadsATagHoldsItsFile() throws {
        let directory = try TemporaryDirectory()
        let table = try sampleTable(in: directory)
        try table.makeTag("t")
        var snapshot: Snapshot? = try table.snapshot(at: .tag("t"))
        #expect(snapshot?.manifest.version == 1)
        #expect(try LocalStore().exclusiveLease(table.tagPath("t")) == nil)
        // A tag that is moved or deleted meanwhile leaves a file that shows that somebody reads it.
        try table.makeTag("t", isMove: true)
        try table.deleteTag("t")
        let old = try LocalStore().list(table.tagsPath).map { joinPath(table.tagsPath, $0) }
        #expect(old.count == 2)
        #expect(try old.filter { try LocalStore().exclusiveLease($0) == nil }.count == 1)
        snapshot = nil
        #expect(try old.allSatisfy { try LocalStore().exclusiveLease($0) != nil })
    }

    @Test func damageIsFound() throws {
        let directory = try TemporaryDirectory()
        let table = try sampleTable(in: directory)
        let entry = try table.appendOne().shards[0]
        try table.makeTag("t")
        _ = try table.commit(.replace([entry], with: []), over: table.manifest())
        let path = table.tagPath("t")
        let bytes = try LocalStore().read(path, limit: 1 << 20)
        for place in stride(from: 0, to: bytes.count, by: 7) {
            var damaged = bytes
            damaged[place] ^= 1
            try overwrite(path, damaged)
            #expect(#expect(throws: LakeError.self) { try table.snapshot(at: .tag("t")) }?.code == .corrupt)
            #expect(try !Validation(of: table).run().isSound)
        }
        try overwrite(path, [])
        #expect(#expect(throws: LakeError.self) { try table.tag("t") }?.code == .corrupt)
        // A tag under another's name, and one that says otherwise than its version.
        try overwrite(table.tagPath("u"), bytes)
        #expect(#expect(throws: LakeError.self) { try table.tag("u") }?.message.contains("'t'") == true)
        try LocalStore().remove(table.tagPath("u"))
        var lie = try Tag.open(bytes, name: "t", path: path)
        lie.state.shards[0].rows += 1
        try overwrite(path, SealedJSON.seal(lie).bytes)
        let findings = try Validation(of: table).run().findings
        #expect(findings.contains { $0.message.contains("does not hold what version 2 says") })
        // A version's file is no tag, whatever its name.
        try overwrite(path, LocalStore().read(table.versionPath(1), limit: 1 << 20))
        #expect(#expect(throws: LakeError.self) { try table.tag("t") }?.code == .corrupt)
    }

    @Test func shardsThatOnlyATagListsAreChecked() throws {
        let directory = try TemporaryDirectory()
        let table = try sampleTable(in: directory)
        let entry = try table.appendOne().shards[0]
        try table.makeTag("t")
        _ = try table.commit(.replace([entry], with: []), over: table.manifest())
        for _ in 4...65 { try table.appendOne() }
        for version in 1...63 { try LocalStore().remove(table.versionPath(version)) }
        #expect(try Validation(of: table).run().isSound)
        try LocalStore().remove(table.shardPath(entry.file))
        let findings = try Validation(of: table).run().findings
        #expect(findings.contains { $0.location.file == table.shardPath(entry.file) && $0.severity == .error })
    }

    /// Any call may fail, once or for good: the tag is the old one, the new one or not there, and no other.
    @Test(
        arguments: [FaultyStore.Fault.fails, .failsAfterwards, .failsForGood, .failsAfterwardsForGood], [true, false])
    func everyCallMayFail(fault: FaultyStore.Fault, isMove: Bool) throws {
        func outcome(_ store: FaultyStore) throws -> (versions: [Int], told: Bool) {
            let directory = try TemporaryDirectory()
            let table = try sampleTable(in: directory)
            if isMove { try table.makeTag("t") }
            try table.appendOne()
            var told = false
            do {
                try Lake.open(at: directory.file("lake"), store: store).table("rows").makeTag("t", isMove: isMove)
                told = true
            } catch let error as LakeError {
                #expect(error.message.contains("injected fault") || error.code == .conflict, "\(error)")
            }
            #expect(try Validation(of: table).run().isSound)
            return (try table.tags().map { try table.tag($0).version }, told)
        }
        let good = FaultyStore()
        #expect(try outcome(good) == ([2], true))
        for call in good.calls.indices {
            let (versions, told) = try outcome(FaultyStore(fault, at: call))
            #expect(versions == [2] || !told && versions == (isMove ? [1] : []), "call \(call), \(good.calls[call])")
        }
    }

    @Test func aTagLastsOnceItIsTold() throws {
        let directory = try TemporaryDirectory()
        let root = directory.file("before")
        try LocalStore().createDirectory(root)
        let store = PowerCutStore(root: root)
        let table = try Lake.create(at: joinPath(root, "lake"), store: store).createTable("rows", schema: sampleSchema)
        var told: [(calls: Int, version: Int)] = [(store.count, 0)]
        try table.makeTag("t")
        told.append((store.count, 1))
        try table.appendOne()
        try table.makeTag("t", isMove: true)
        told.append((store.count, 2))
        for calls in told[0].calls...store.count {
            for keeps in [false, true] {
                let target = directory.file("after-\(calls)-\(keeps)")
                try store.layOut(after: calls, at: target) { bytes in
                    bytes = 0
                    return keeps
                }
                let copy = try Lake.open(at: joinPath(target, "lake")).table("rows")
                let promised = told.last { $0.calls <= calls }?.version ?? 0
                let version = try copy.tags().isEmpty ? 0 : copy.tag("t").version
                #expect(version == promised || version == promised + 1, "call \(calls)")
            }
        }
    }
}
