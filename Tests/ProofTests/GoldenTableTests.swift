import Foundation
import LakeBytes
import LakeCore
import LakeQuery
import LakeShard
import LakeTable
import Testing

/// The lakes in `Schemas/golden/v1/table`, which every program of this format must read: each version and tag has the rows that stand
/// beside it, and validation finds nothing.
@Suite struct GoldenTableTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Schemas/golden/v1/table").path
    private static let lakes = (try? LocalStore().list(folder)) ?? []

    @Test func thereAreGoldenLakes() { #expect(Self.lakes.contains("changes")) }

    @Test(arguments: lakes) func everyVersionAndTagHasItsRows(name: String) throws {
        let store = LocalStore()
        let path = joinPath(Self.folder, name, "lake")
        let beside = joinPath(Self.folder, name, "rows")
        for table in try store.list(beside) {
            let there = try Lake.open(at: path).table(table)
            let files = try store.list(joinPath(beside, table))
            let wanted = try there.versions().map { "\($0).jsonl" } + there.tags().map { "tag-\($0).jsonl" }
            #expect(Set(files) == Set(wanted))
            for file in files {
                let version = file.dropLast(6).replacing("tag-", with: "tag:")
                let (lake, selector) = try Lake.open(address: "\(path)@\(version)")
                let expected = try rows(store.read(joinPath(beside, table, file), limit: 1 << 20))
                let columns = expected.first.map { $0.keys.sorted().map { "\"\($0)\"" }.joined(separator: ", ") } ?? "*"
                let query = try QueryEngine(lake: lake, at: selector, workers: 1)
                    .prepare("SELECT \(columns) FROM \(table) ORDER BY id")
                var found: [[String: String]] = []
                try query.run { batch in
                    for row in 0..<batch.count {
                        let cells = zip(query.columns, batch.columns).map { ($0.name, $1.text(row) ?? "NULL") }
                        found.append(Dictionary(uniqueKeysWithValues: cells))
                    }
                }
                #expect(found.count == expected.count, "\(name), \(table)@\(version)")
                for (row, wanted) in zip(found, expected) { #expect(row == wanted, "\(name), \(table)@\(version)") }
            }
        }
    }

    @Test(arguments: lakes) func validationFindsNothing(name: String) throws {
        let lake = try Lake.open(at: joinPath(Self.folder, name, "lake"))
        for table in try lake.tables() {
            #expect(try Validation(of: lake.table(table), workers: 1).run().findings.isEmpty)
            #expect(try Proof.findings(lake.table(table)).isEmpty)
        }
    }

    /// Rows as `ColumnVector.text` tells values.
    private func rows(_ bytes: [UInt8]) throws -> [[String: String]] {
        try bytes.split(separator: UInt8(ascii: "\n")).map { line in
            let row = try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
            var texts = row.mapValues(text)
            // The other reader rounds.
            let score = try JSONDecoder().decode(Scored.self, from: Data(line)).score
            if let score { texts["score"] = String(score.bitPattern, radix: 16) }
            return texts
        }
    }

    private struct Scored: Decodable { var score: Double? }

    private func text(_ value: Any) -> String {
        switch value {
        case let words as String: words
        case let list as [Any]: "[" + list.map(text).joined(separator: ",") + "]"
        case let number as NSNumber: String(number.int64Value)
        default: "NULL"
        }
    }
}
