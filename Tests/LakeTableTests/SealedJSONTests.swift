import LakeBytes
import LakeCore
import Testing

@testable import LakeTable

@Suite struct SealedJSONTests {
    /// A table of a few versions, and the newest version's path and bytes.
    private func sample(_ directory: TemporaryDirectory) throws -> (TableDirectory, String, [UInt8]) {
        let table = try sampleTable(in: directory)
        let shards = try [table.fakeShard(tags: ["wave": "W26 \"quoted\" / ä"]), table.fakeShard()]
        _ = try table.commit(.append(shards, details: ["program": "test"]), over: table.manifest())
        _ = try table.commit(.replace(table.manifest().shards, with: [table.fakeShard()]), over: table.manifest())
        let path = table.versionPath(3)
        return (table, path, try LocalStore().read(path, limit: 100_000))
    }

    @Test func bytesAreAsSpecified() throws {
        let directory = try TemporaryDirectory()
        let (_, _, bytes) = try sample(directory)
        #expect(String(decoding: bytes[..<11], as: UTF8.self) == #"{"digest":""#)
        #expect(String(decoding: bytes[43..<45], as: UTF8.self) == #"","#)
        #expect(String(decoding: bytes[11..<43], as: UTF8.self) == Digest(of: Array(bytes[45...])).hex)
        #expect(bytes.suffix(2) == [UInt8(ascii: "}"), 10])
    }

    @Test func everyFlippedBitOfAManifestIsFound() throws {
        let directory = try TemporaryDirectory()
        let (table, path, bytes) = try sample(directory)
        for index in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[index] ^= 1 << UInt8(bit)
                let error = #expect(throws: LakeError.self) {
                    try VersionRecord.open(damaged, version: 3, path: path)
                }
                #expect(error?.code == .corrupt && error?.location.file == path)
            }
            var damaged = bytes
            damaged[index] ^= 0xFF
            try overwrite(path, damaged)
            #expect(#expect(throws: LakeError.self) { try table.manifest() }?.location.table == "rows")
        }
    }

    @Test func everyCutManifestIsFound() throws {
        let directory = try TemporaryDirectory()
        let (table, path, bytes) = try sample(directory)
        for length in 0..<bytes.count {
            try overwrite(path, Array(bytes[..<length]))
            let error = #expect(throws: LakeError.self) { try table.snapshot() }
            #expect(error?.code == .corrupt && error?.location.file == path && error?.hint != nil)
        }
        try overwrite(path, bytes + [10])
        #expect(throws: LakeError.self) { try table.manifest() }
        try overwrite(path, bytes)
        _ = try table.manifest()
    }

    @Test func anEmptyNewestVersionIsAnErrorAndOlderOnesStillOpen() throws {
        let directory = try TemporaryDirectory()
        let (table, path, _) = try sample(directory)
        try overwrite(path, [])
        let error = #expect(throws: LakeError.self) { try table.manifest() }
        #expect(error?.message == "damaged: the file is empty")
        #expect(throws: LakeError.self) { try table.appendOne() }
        #expect(try table.manifest(version: 2).rows == 20)
        #expect(try LocalStore().list(table.versionsPath) == ["1.json", "2.json", "3.json"])
    }

    /// Damage that carries the right digest reaches the parser and the checks behind it.
    @Test func mutantsWithRightDigestsNeverTrap() throws {
        let directory = try TemporaryDirectory()
        let (_, path, bytes) = try sample(directory)
        let body = Array(bytes[45...])
        func reseal(_ body: [UInt8]) -> [UInt8] {
            Array(#"{"digest":""#.utf8) + Array(Digest(of: body).hex.utf8) + Array(#"","#.utf8) + body
        }
        var refused = 0
        for index in body.indices {
            for byte in Array(#"0-9"{}[],:a\#n."#.utf8) + [0, 0x80, 0xFF] {
                var mutant = body
                mutant[index] = byte
                do throws(LakeError) {
                    _ = try VersionRecord.open(reseal(mutant), version: 3, path: path)
                } catch {
                    refused += 1
                    #expect(error.code == .corrupt)
                }
            }
        }
        #expect(refused > body.count)
        let text = String(decoding: body, as: UTF8.self)
        for (find, put) in [
            (#""rows":10"#, #""rows":1e400"#), (#""rows":10"#, #""rows":99999999999999999999"#),
            (#""next_shard_id":4"#, #""next_shard_id":9223372036854775807"#), (#""format":1"#, #""format":2"#),
            (#""required_features":[]"#, #""required_features":["deletion-vectors"]"#),
            (#""removed":[1,2]"#, #""removed":[1,1]"#), (#""id":3"#, #""id":-3"#),
            (#""removed":"#, String(repeating: "[", count: 100_000)),
        ] {
            #expect(text.contains(find), "\(find)")
            let at = try #require(text.firstRange(of: find))
            let mutant = text.replacingCharacters(in: at, with: put)
            let error = #expect(throws: LakeError.self) {
                try VersionRecord.open(reseal(Array(mutant.utf8)), version: 3, path: path)
            }
            #expect(error?.code == .corrupt)
            if put.contains("deletion") { #expect(error?.message.contains("deletion-vectors") == true) }
            if put.contains("format") { #expect(error?.message.hasPrefix("format 2") == true) }
        }
    }
}

extension String {
    fileprivate func replacingCharacters(in range: Range<String.Index>, with other: String) -> String {
        self[..<range.lowerBound] + other + self[range.upperBound...]
    }
}
