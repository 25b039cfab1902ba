import Foundation
import LakeBytes
import LakeCore
import Testing

@testable import LakeIngest

/// The same inputs read by Python's `json` and `csv` modules: values must agree one for one.
@Suite struct PeerTests {
    /// Where the real data lies, nil when it is absent.
    static let ads: String? = {
        let environment = ProcessInfo.processInfo.environment["ALPHALAKE_DATA"]
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folders = [environment.map { $0 + "/ads" }, root.path + "/../shared/data/ads"].compactMap { $0 }
        let found = folders.first { FileManager.default.fileExists(atPath: $0 + "/front_groups.jsonl") }
        if found == nil {
            print("skipped: no ads under ../shared/data (set ALPHALAKE_DATA to the folder that has them)")
        }
        return found
    }()

    /// Each cell as Python reads it, in our notation; `\N` for None.
    private static let script = """
        import csv, json, sys
        kind, path, delimiter = sys.argv[1:4]
        def text(v):
            if v is None: return None
            if isinstance(v, bool): return "true" if v else "false"
            if isinstance(v, (dict, list)): return json.dumps(v, sort_keys=True)
            return v if isinstance(v, str) else repr(v)
        if kind == "csv":
            csv.field_size_limit(1 << 30)
            with open(path, newline="", encoding="utf-8-sig") as f:
                rows = [r for r in csv.reader(f, delimiter=delimiter) if r]
            out = [dict(zip(rows[0], r)) for r in rows[1:]]
        else:
            with open(path, encoding="utf-8") as f:
                out = [{k: text(v) for k, v in json.loads(l).items()} for l in f if l.strip()]
        json.dump(out, sys.stdout)
        """

    private func python(_ kind: String, _ path: String, delimiter: String = ",") throws -> [[String: String?]] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", PeerTests.script, kind, path, delimiter]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return try JSONDecoder().decode([[String: String?]].self, from: data)
    }

    private func agree(_ rows: ImportedRows, _ peer: [[String: String?]], csv: Bool, _ name: String) throws {
        try #require(rows.rows.count == peer.count, "\(name)")
        for (index, row) in rows.rows.enumerated() {
            for (field, value) in zip(rows.schema.fields, row) {
                let other = peer[index][field.name] ?? nil
                guard try same(value, other, field.type, csv: csv) else {
                    Issue.record("\(name) row \(index) \(field.name): \(value ?? "NULL") is \(other ?? "None") there")
                    return
                }
            }
        }
    }

    private func same(_ value: String?, _ other: String?, _ type: DataType, csv: Bool) throws -> Bool {
        guard let value else { return other == nil || other == "" }
        guard let other else { return false }
        switch type {
        case .float32, .float64:
            return Double(value) == Double(other) || (Double(value)?.isNaN == true && Double(other)?.isNaN == true)
        case .bool: return value == other.lowercased()
        case .timestamp: return value.prefix(10) == other.prefix(10)
        case .list:
            let theirs = try JSONDecoder().decode([String?].self, from: Data(other.utf8))
            return value == "[" + theirs.map { $0 ?? "null" }.joined(separator: ",") + "]"
        case .utf8:
            if value == other { return true }
            guard !csv, let first = value.first, "{[".contains(first) else { return false }
            let ours = try JSONSerialization.jsonObject(with: Data(value.utf8)) as? NSObject
            return ours == (try JSONSerialization.jsonObject(with: Data(other.utf8)) as? NSObject)
        default: return value == other
        }
    }

    @Test func randomRecordsReadAsInPython() throws {
        let seed: UInt64 = 424_242
        print("seed \(seed)")
        var generator = SplitMix64(seed: seed)
        let texts = [
            "", "x", "é€😀", "a,b", "say \"hi\"", "two\nlines", "cr\r\nlf", " spaced ", "007", "-0", "1e5", "NaN",
            "null", "\u{1}", "\\", "tab\t",
        ]
        for round in 0..<20 {
            let width = Int.random(in: 2...8, using: &generator)
            var (jsonl, csv) = ("", (0..<width).map { "c\($0)" }.joined(separator: ",") + "\r\n")
            for _ in 0..<200 {
                var members: [String] = []
                var cells: [String] = []
                for column in 0..<width {
                    let pick = (column + round) % 5
                    let text = texts.randomElement(using: &generator) ?? ""
                    let long =
                        Int64.random(in: .min ... .max, using: &generator)
                        >> Int64.random(in: 0...60, using: &generator)
                    let real = Double(long) / 4096
                    let spelled = [String(long), String(real), text, long % 2 == 0 ? "true" : "false", text][pick]
                    let encoded = String(decoding: try JSONEncoder().encode(spelled), as: UTF8.self)
                    if Int.random(in: 0...9, using: &generator) > 0 {
                        members.append("\"c\(column)\": " + (pick == 2 || pick == 4 ? encoded : spelled))
                    } else if Bool.random(using: &generator) {
                        members.append("\"c\(column)\": null")
                    }
                    let quoted = "\"" + spelled.replacingOccurrences(of: "\"", with: "\"\"") + "\""
                    cells.append(
                        spelled.utf8.contains { [0x2C, 0x22, 0x0A, 0x0D].contains($0) }
                            || Bool.random(using: &generator) ? quoted : spelled
                    )
                }
                jsonl += "{" + members.joined(separator: ", ") + "}\n"
                csv += cells.joined(separator: ",") + "\r\n"
            }
            let json = try TextInput(jsonl, name: "random.jsonl")
            try agree(ImportedRows([json.path]), python("json", json.path), csv: false, "seed \(seed) round \(round)")
            let table = try TextInput(csv, name: "random.csv")
            try agree(ImportedRows([table.path]), python("csv", table.path), csv: true, "seed \(seed) round \(round)")
        }
    }

    @Test(
        .enabled(if: PeerTests.ads != nil, "the ads of ../shared/data are not here"),
        arguments: [
            ("front_groups.jsonl", 6663), ("page_snapshot_20221114.jsonl", 1100), ("climate_ads_2021_2022.jsonl", 225),
            ("front_groups_spreadsheet.csv", 4458), ("web_export.csv", 72),
        ])
    func realAdsReadAsInPython(name: String, count: Int) throws {
        let path = try #require(PeerTests.ads) + "/" + name
        let rows = try ImportedRows([path])
        #expect(rows.rows.count == count && rows.report.badLines == 0)
        let csv = name.hasSuffix(".csv")
        try agree(rows, python(csv ? "csv" : "json", path), csv: csv, name)
    }

    @Test(.enabled(if: PeerTests.ads != nil, "the ads of ../shared/data are not here"))
    func aRealRecordOverManyLines() throws {
        let rows = try ImportedRows([#require(PeerTests.ads) + "/api_record_example.json"])
        #expect(rows.rows.count == 1)
    }
}
