import LakeCore
import Testing

@testable import LakeBytes

@Suite struct MappedFileTests {
    @Test func emptyFileMaps() throws {
        let directory = try TemporaryDirectory()
        try LocalStore().create(directory.file("e")).close()
        let file = try LocalStore().map(directory.file("e"))
        #expect(file.count == 0 && file.view.bytes.isEmpty)
        #expect(throws: LakeError.self) { try file.view.load(at: 0, as: UInt8.self) }
    }

    @Test func viewOutlivesFileObjectAndName() throws {
        let directory = try TemporaryDirectory()
        let store = LocalStore()
        let file = try store.create(directory.file("f"))
        try file.append([UInt8](0..<200))
        try file.close()
        let view = try store.map(directory.file("f")).view.slice(offset: 100, count: 50)
        try store.remove(directory.file("f"))
        #expect(view.bytes == [UInt8](100..<150))
        #expect(view.absoluteOffset == 100)
        #expect(try view.slice(offset: 10, count: 5).absoluteOffset == 110)
    }
}
