import Glibc
import LakeBytes
import LakeCore
import Testing

@testable import LakeTable

@Suite struct VersionSelectorTests {
    @Test func texts() throws {
        #expect(try VersionSelector(parsing: "12") == .number(12))
        #expect(try VersionSelector(parsing: "tag:paper-1.0_b") == .tag("paper-1.0_b"))
        #expect(try VersionSelector(parsing: "1970-01-02") == .time(86_400_000_000))
        #expect(try VersionSelector(parsing: "1970-01-01T00:01") == .time(60_000_000))
        #expect(try VersionSelector(parsing: "1970-01-01T00:01:02Z") == .time(62_000_000))
        let all: [VersionSelector] = [.number(7), .tag("x"), .time(1_700_000_000_123_456)]
        for selector in all { #expect(try VersionSelector(parsing: selector.description) == selector) }
    }

    @Test(arguments: [
        "", "0", "-1", "+1", "1.5", "9999999999999999", "99999999999999999999999", "newest", "tag:", "tag:.x", "tag:-x",
        "tag:a/b", "tag:a b", "tag:é", "2026-13-01", "2026-02-30", "2026-01-31T25:00", "2026-01-31T", "2026-01-31Tx",
        "2026-1-3", "12 ", "v12",
    ])
    func noTexts(text: String) {
        let error = #expect(throws: LakeError.self) { try VersionSelector(parsing: text) }
        #expect(error?.code == .usage && error?.hint != nil)
    }

    @Test func addresses() throws {
        let directory = try TemporaryDirectory()
        let lake = try sampleTable(in: directory).lake.path
        #expect(try LakeAddress(parsing: lake).selector == .newest)
        let address = try LakeAddress(parsing: lake + "@3")
        #expect(address.path == lake && address.selector == .number(3))
        #expect(try Lake.open(address: lake + "@tag:x").selector == .tag("x"))
        // A directory wins over a version, and one that is not there is named as it was.
        _ = try Lake.create(at: lake + "@3")
        #expect(try LakeAddress(parsing: lake + "@3").path == lake + "@3")
        #expect(try LakeAddress(parsing: lake + "@3@4").selector == .number(4))
        #expect(try LakeAddress(parsing: "me@host/lake").path == "me@host/lake")
        #expect(#expect(throws: LakeError.self) { try LakeAddress(parsing: lake + "@x") }?.code == .usage)
        #expect(#expect(throws: LakeError.self) { try LakeAddress(parsing: lake + "@") }?.code == .usage)
        // Who opens a lake to change it is told what is wrong.
        let refused = #expect(throws: LakeError.self) { try Lake.open(at: lake + "@4") }
        #expect(refused?.code == .usage && refused?.hint?.contains("without '@4'") == true)
        #expect(#expect(throws: LakeError.self) { try Lake.open(at: lake + "none@4") }?.code == .missing)
    }

    @Test func numbersAndTimes() throws {
        let directory = try TemporaryDirectory()
        let table = try sampleTable(in: directory)
        for rows in 1...8 {
            try table.appendOne(rows: rows)
            usleep(2)
        }
        #expect(try table.version(.newest) == 9 && table.version(.number(4)) == 4)
        #expect(try table.snapshot(at: .number(4)).manifest.rows == 6)
        for version in 1...9 {
            let time = try table.record(version).timestamp
            #expect(try table.version(.time(time)) >= version)
            #expect(try table.record(table.version(.time(time))).timestamp == time)
            if version > 1 { #expect(try table.version(.time(time - 1)) < version) }
        }
        #expect(try table.version(.time(.max)) == 9)
        #expect(try table.manifest(at: .time(.max)) == table.manifest())
        for selector in [VersionSelector.number(10), .time(0), .time(.min), .tag("x")] {
            let error = #expect(throws: LakeError.self) { try table.snapshot(at: selector) }
            #expect(error?.code == .missing && error?.hint != nil && error?.location.table == "rows", "\(selector)")
        }
        let early = #expect(throws: LakeError.self) { try table.version(.time(0)) }
        #expect(early?.message == "'rows' did not exist yet at 1970-01-01T00:00:00Z")
        // What a vacuum took is told from what never was.
        for version in 1...3 { try LocalStore().remove(table.versionPath(version)) }
        #expect(#expect(throws: LakeError.self) { try table.version(.time(0)) }?.message.contains("vacuumed") == true)
        let gone = #expect(throws: LakeError.self) { try table.version(.number(2)) }
        #expect(gone?.hint == "there are the versions 4 to 9")
    }

    @Test func tablesOfALakeAtAVersion() throws {
        let directory = try TemporaryDirectory()
        let table = try sampleTable(in: directory)
        try table.appendOne()
        try table.lake.createTable("young", schema: sampleSchema)
        #expect(try table.lake.tables(at: .newest) == ["rows", "young"])
        #expect(try table.lake.tables(at: .number(2)) == ["rows"])
        #expect(throws: LakeError.self) { try table.lake.tables(at: .number(3)) }
        #expect(throws: LakeError.self) { try table.lake.tables(at: .time(0)) }
    }
}
