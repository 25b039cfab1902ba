import LakeBytes
import LakeCore
import Testing

@testable import LakeTable

/// Versions that are remembered are the newest, or not used.
@Suite struct RecentManifestsTests {
    @Test func whatOthersCommitIsSeen() throws {
        let (directory, table) = try tableOfThirtyRows()
        let recent = RecentManifests()
        let first = try recent.newest(of: table)
        #expect(try first == table.manifest() && recent.newest(of: table) == first)
        let mine = try table.appendOne()
        recent.remember(mine, of: table)
        #expect(try recent.newest(of: table) == mine)
        let theirs = try table.appendOne()
        #expect(try recent.newest(of: table) == theirs)
        recent.remember(mine, of: table)
        #expect(try recent.newest(of: table) == theirs)
        withExtendedLifetime(directory) {}
    }

    @Test func aLakeMadeAnewIsAnother() throws {
        let directory = try TemporaryDirectory()
        let recent = RecentManifests()
        let table = try sampleTable(in: directory)
        try table.appendOne(rows: 3)
        #expect(try recent.newest(of: table).rows == 3)
        TemporaryDirectory.remove(directory.file("lake"))
        let again = try sampleTable(in: directory)
        try again.appendOne(rows: 5)
        #expect(try recent.newest(of: again).rows == 5)
        TemporaryDirectory.remove(directory.file("lake"))
        #expect(throws: LakeError.self) { try recent.newest(of: again) }
    }

    @Test(
        arguments: [
            ("7.json", 7), ("10240.json", 10_240), ("999999999999999.json", 999_999_999_999_999), ("07.json", nil),
            ("0.json", nil), (".json", nil), ("1234567890123456.json", nil), ("7.jsonx", nil), ("7x.json", nil),
            ("7json", nil), ("-7.json", nil), (".tmp-0011-7", nil), ("٧.json", nil),
        ] as [(String, Int?)])
    func aVersionIsKnownByItsName(_ file: String, _ number: Int?) {
        #expect(TableDirectory.versionNumber(file) == number)
    }
}
