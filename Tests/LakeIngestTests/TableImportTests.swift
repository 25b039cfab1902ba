import Foundation
import LakeCore
import Testing

@testable import LakeIngest

@Suite struct TableImportTests {
    @Test func severalInputsBecomeOneTable() throws {
        let first = try TextInput("{\"a\": 1, \"b\": \"x\"}\n", name: "one.jsonl")
        let second = try TextInput("c,a\n0.5,2.5\n", name: "two.csv")
        let third = try TextInput("[{\"a\": 3, \"c\": null}]", name: "three.json")
        let rows = try ImportedRows([first.path, second.path, third.path])
        #expect(rows.types == ["a float64", "b utf8", "c float64"])
        #expect(rows.rows == [["1.0", "x", nil], ["2.5", nil, "0.5"], ["3.0", nil, nil]])
        let bytes = try [first, second, third].map { try Data(contentsOf: URL(fileURLWithPath: $0.path)).count }
        #expect(rows.report.bytes == bytes.reduce(0, +))
    }

    @Test(arguments: [
        ("x.jsonl", "{", "JSONL"), ("x.csv", "a|b\n1|2\n", "CSV (bar)"), ("x.tsv", "a\n", "CSV (tab)"),
        ("x", "[{}]", "JSON"),
        ("x", "{\"a\":1}\n{\"a\":2}", "JSONL"), ("x", "{\n\"a\":1}", "JSON"), ("x.json", "{\"a\":1}\n", "JSONL"),
        ("x", "a;b\n1;2,5\n", "CSV (semicolon)"), ("x", "a,b\n\"1;2;3\",x\n", "CSV (comma)"),
        ("x", "a\n1\n", "CSV (comma)"),
        ("x.csv", "[a],b\n1,2\n", "CSV (comma)"),
    ])
    func formatsAreTold(name: String, text: String, format: String) throws {
        let input = try TextInput(text, name: name)
        #expect(try TableImport(paths: [input.path]).formats.map(\.format.description) == [format])
    }

    @Test func inputsThatCannotBeRead() throws {
        #expect(lakeError { _ = try TableImport(paths: []) }?.code == .usage)
        #expect(lakeError { _ = try TableImport(paths: ["-", "-"]) }?.code == .usage)
        #expect(lakeError { _ = try TableImport(paths: ["/nowhere/x.csv"]) }?.code == .missing)
        #expect(lakeError { _ = try TableImport(paths: [NSTemporaryDirectory()]) }?.code == .usage)
        for bytes: [UInt8] in [[0x1F, 0x8B, 8, 0], [0xFF, 0xFE, 0x61, 0], [0x28, 0xB5, 0x2F, 0xFD]] {
            let input = try TextInput(bytes, name: "x.csv")
            #expect(lakeError { _ = try TableImport(paths: [input.path]) }?.hint?.contains("alphalake import") == true)
        }
    }

    /// A pipe is read once: what inference saw is kept, and what follows must fit it.
    @Test func pipesAreReadOnce() throws {
        let lines = (0..<60_000).map { "{\"n\": \($0)}\n" }.joined()
        for (tail, rows) in [("", 60_000), ("{\"n\": 0.5}\n", nil), ("{\"m\": 1}\n", nil)] {
            let pipe = try NamedPipe(lines + tail)
            let input = try TableImport(paths: [pipe.path], options: ImportOptions(pipeInferenceLimit: 100_000))
            let plan = try input.plan(existing: nil, declared: nil)
            #expect(plan.schema.fields.map(\.type) == [.int64])
            let reader = try input.rows(plan)
            if rows == nil {
                let error = try #require(lakeError { while try reader.next() != nil {} })
                #expect(error.location.line == 60_001)
            } else {
                while try reader.next() != nil {}
                #expect(reader.report.rows == rows && reader.report.bytes == lines.utf8.count)
            }
        }
    }

    @Test func planningShowsProgressAndCanBeStopped() throws {
        let input = try TextInput(String(repeating: "{\"a\": 1}\n", count: 400_000))
        let table = try TableImport(paths: [input.path])
        var seen: [Int] = []
        let error = lakeError {
            _ = try table.plan(existing: nil, declared: nil) { bytes in
                seen.append(bytes)
                return bytes > 2_000_000
            }
        }
        #expect(error?.code == .failed)
        #expect(seen == seen.sorted() && (seen.last ?? 0) > 2_000_000 && (seen.last ?? 0) < 4_000_000)
    }

    @Test func badLinesAreCountedBeyondThoseKept() throws {
        let input = try TextInput(String(repeating: "x\n{\"a\": 1}\n", count: 1000))
        let rows = try ImportedRows([input.path], options: ImportOptions(badLines: .skip(keeping: 3)))
        #expect(rows.rows.count == 1000 && rows.report.badLines == 1000 && rows.report.reasons.count == 3)
    }

    /// Whatever bytes come in, the answer is rows or an error with a place, never a trap.
    @Test(arguments: ["input.jsonl", "input.json", "input.csv"])
    func mutatedInputsNeverTrap(name: String) throws {
        let seed: UInt64 = 0x5EED
        print("seed \(seed)")
        var generator = SplitMix64(seed: seed)
        let base =
            name == "input.csv"
            ? "a,b,c\n1,\"x \"\"y\"\"\n\",2021-06-05\n2,,\r\n3,z,2021-06-05T10:00:00Z\n"
            : "{\"a\": 1, \"b\": [1, \"x\"], \"c\": \"2021-06-05\"}\n{\"a\": 1.5, \"b\": {\"k\": null}, \"c\": \"\\u00e9\"}\n"
        let pieces = [
            "\"", "\\", "\n", "\r", ",", "{", "}", "[", "]", ":", "1e999", "-", "\u{FEFF}", "null", "é", "\0",
            "18446744073709551616",
        ]
        let schema = try Schema(fields: [
            Field(id: 1, name: "a", type: .int8), Field(id: 2, name: "b", type: .utf8),
            Field(id: 3, name: "c", type: .timestamp),
        ])
        for round in 0..<1500 {
            var bytes = Array(base.utf8)
            for _ in 0..<Int.random(in: 0...5, using: &generator) {
                let place = Int.random(in: 0...bytes.count, using: &generator)
                switch Int.random(in: 0...3, using: &generator) {
                case 0:
                    bytes.insert(contentsOf: Array(pieces.randomElement(using: &generator)?.utf8 ?? "".utf8), at: place)
                case 1 where place < bytes.count: bytes[place] = UInt8.random(in: 0...255, using: &generator)
                case 2 where place < bytes.count: bytes.remove(at: place)
                default: bytes.removeLast(min(bytes.count, Int.random(in: 0...9, using: &generator)))
                }
            }
            let input = try TextInput(bytes, name: name)
            for skipping in [false, true] {
                do {
                    _ = try ImportedRows(
                        [input.path], declared: round % 2 == 0 ? schema : nil,
                        options: ImportOptions(badLines: skipping ? .skip(keeping: 3) : .fail))
                } catch let error as LakeError {
                    #expect(error.location.file != nil || error.code == .usage || error.message.contains("no columns"))
                }
            }
        }
    }
}

/// A named pipe that a thread fills.
private final class NamedPipe {
    let path: String

    init(_ text: String) throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("pipe-\(UUID().uuidString)").path
        try #require(mkfifo(path, 0o600) == 0)
        let path = path
        Thread.detachNewThread {
            guard let handle = FileHandle(forWritingAtPath: path) else { return }
            // The reader may leave early, at an error.
            signal(SIGPIPE, SIG_IGN)
            try? handle.write(contentsOf: Data(text.utf8))
            try? handle.close()
        }
    }

    deinit {
        unlink(path)
    }
}
