import LakeBytes
import LakeCore
import Testing

@testable import LakeTable

@Suite struct CommitFaultTests {
    /// How many store calls an append makes when nothing goes wrong.
    private func callsOfAppend() throws -> [String] {
        let directory = try TemporaryDirectory()
        let table = try sampleTable(in: directory)
        try table.appendOne()
        let store = FaultyStore()
        try reopened(table, store).appendOne()
        return store.calls
    }

    private func reopened(_ table: TableDirectory, _ store: any Store) throws -> TableDirectory {
        try Lake.open(at: parentDirectory(of: parentDirectory(of: table.path)), store: store).table(table.name)
    }

    /// The old or the new version, whole, and the new one whenever the writer was told so.
    private func check(_ table: TableDirectory, told: Bool, _ comment: Comment) throws {
        let manifest = try table.manifest()
        #expect(manifest.version == 2 || manifest.version == 3, comment)
        if told { #expect(manifest.version == 3, comment) }
        #expect(manifest.rows == (manifest.version - 1) * 10, comment)
        let report = try Validation(of: table).run()
        #expect(report.isSound, "\(comment): \(report.findings)")
        #expect(try table.appendOne().version == manifest.version + 1, comment)
    }

    @Test func theProtocolIsWhatTheSpecificationSays() throws {
        let calls = try callsOfAppend()
        let writing = calls.filter { ["create", "append", "sync", "syncDirectory", "link", "remove"].contains($0) }
        #expect(
            writing == [
                "create", "append", "sync", "syncDirectory", "syncDirectory", "create", "append", "sync", "link",
                "remove", "syncDirectory",
            ])
    }

    @Test(arguments: [
        FaultyStore.Fault.fails, .failsAfterwards, .failsForGood, .failsAfterwardsForGood,
    ])
    func everyCallMayFail(fault: FaultyStore.Fault) throws {
        let calls = try callsOfAppend()
        #expect(calls.count > 10)
        for number in calls.indices {
            let directory = try TemporaryDirectory()
            let table = try sampleTable(in: directory)
            try table.appendOne()
            let store = FaultyStore(fault, at: number)
            var told = false
            do {
                try reopened(table, store).appendOne()
                told = true
            } catch let error as LakeError {
                #expect(error.message.contains("injected fault"), "\(error)")
            }
            try check(table, told: told, "call \(number), \(calls[number]), \(fault)")
        }
    }

    @Test func aLinkThatWorkedButReportedFailureIsRecognised() throws {
        let directory = try TemporaryDirectory()
        let table = try sampleTable(in: directory)
        let number = try #require(try callsOfAppend().firstIndex(of: "link"))
        try table.appendOne()
        let told = try reopened(table, FaultyStore(.failsAfterwards, at: number)).appendOne()
        #expect(try told == table.manifest() && told.version == 3)
    }

    /// Kills a writer before and after each of its calls.
    @Test(arguments: [FaultyStore.Fault.kills, .killsAfterwards])
    func everyCallMayBeTheLast(fault: FaultyStore.Fault) async throws {
        for number in try callsOfAppend().indices {
            let directory = try TemporaryDirectory()
            let table = try sampleTable(in: directory)
            try table.appendOne()
            let lake = directory.file("lake")
            await #expect(processExitsWith: .signal(9)) { [lake = lake as String, number = number as Int, fault] in
                let store = FaultyStore(fault, at: number)
                try Lake.open(at: lake, store: store).table("rows").appendOne()
            }
            try check(table, told: false, "call \(number), \(fault)")
        }
    }
}
