import LakeBytes
import LakeCore
import Testing

@testable import LakeTable

@Suite struct LakeTests {
    @Test func createdLakeOpensAndListsTables() throws {
        let directory = try TemporaryDirectory()
        let lake = try Lake.create(at: directory.file("a/b/lake"))
        #expect(try lake.tables().isEmpty)
        try lake.createTable("responses", schema: sampleSchema)
        try lake.createTable("questions", schema: sampleSchema)
        let again = try Lake.open(at: directory.file("a/b/lake"))
        #expect(try again.tables() == ["questions", "responses"])
        #expect(try again.hasTable("responses") && !again.hasTable("respons") && !again.hasTable("../x"))
        #expect(try LocalStore().list(lake.path) == ["alphalake.json", "tables"])
        #expect(try LocalStore().list(again.table("responses").path) == ["shards", "versions"])
    }

    @Test func creatingTwiceIsRefused() throws {
        let directory = try TemporaryDirectory()
        let lake = try Lake.create(at: directory.file("lake"))
        #expect(throws: LakeError.self) { try Lake.create(at: lake.path) }
        try lake.createTable("rows", schema: sampleSchema)
        let error = #expect(throws: LakeError.self) { try lake.createTable("rows", schema: sampleSchema) }
        #expect(error?.code == .conflict)
        #expect(try LocalStore().list(lake.table("rows").versionsPath) == ["1.json"])
        let full = try TemporaryDirectory()
        try LocalStore().create(full.file("diary.txt")).close()
        #expect(throws: LakeError.self) { try Lake.create(at: full.path) }
        #expect(try LocalStore().list(full.path) == ["diary.txt"])
    }

    @Test func wrongPlacesAndNamesGetHints() throws {
        let directory = try TemporaryDirectory()
        let lake = try Lake.create(at: directory.file("surveys"))
        try lake.createTable("responses", schema: sampleSchema)
        func failure(_ path: String) -> LakeError? { #expect(throws: LakeError.self) { try Lake.open(at: path) } }
        #expect(failure(directory.file("survey"))?.hint == "did you mean '\(lake.path)'?")
        #expect(failure(directory.file("elsewhere"))?.hint?.contains("init") == true)
        #expect(failure(lake.path + "/tables/responses")?.hint == "this is inside of the lake '\(lake.path)'")
        #expect(failure(directory.path)?.code == .missing)
        let table = #expect(throws: LakeError.self) { try lake.table("response") }
        #expect(table?.code == .missing && table?.hint == "did you mean 'responses'?")
        #expect(#expect(throws: LakeError.self) { try lake.table("zzz") }?.hint == "tables are responses")
    }

    @Test(arguments: ["", "1a", "-a", "a/b", "a.b", "..", "ä", "a b", String(repeating: "a", count: 129), "a\u{0}"])
    func badTableNames(name: String) throws {
        let directory = try TemporaryDirectory()
        let lake = try Lake.create(at: directory.file("lake"))
        #expect(#expect(throws: LakeError.self) { try lake.createTable(name, schema: sampleSchema) }?.code == .usage)
        #expect(#expect(throws: LakeError.self) { try lake.table(name) }?.code == .usage)
        #expect(!Lake.isShardName("." + name) && !Lake.isShardName("a/" + name))
    }

    @Test func damagedMarkersAreRefused() throws {
        let directory = try TemporaryDirectory()
        let lake = try Lake.create(at: directory.file("lake"))
        let path = joinPath(lake.path, "alphalake.json")
        let bytes = try LocalStore().read(path, limit: 1000)
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 0x04
            try overwrite(path, damaged)
            let error = #expect(throws: LakeError.self) { try Lake.open(at: lake.path) }
            #expect(error?.code == .corrupt && error?.location.file == path)
        }
        for length in 0..<bytes.count {
            try overwrite(path, Array(bytes[..<length]))
            #expect(#expect(throws: LakeError.self) { try Lake.open(at: lake.path) }?.code == .corrupt)
        }
        try overwrite(path, bytes)
        _ = try Lake.open(at: lake.path)
    }
}
