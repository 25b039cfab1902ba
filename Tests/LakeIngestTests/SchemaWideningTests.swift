import LakeCore
import Testing

@testable import LakeIngest

@Suite struct SchemaWideningTests {
    private func table(_ type: String) throws -> Schema {
        try Schema(fields: [
            Field(id: 4, name: "v", type: DataType(parsing: type)), Field(id: 7, name: "k", type: .utf8),
        ])
    }

    @Test(arguments: [
        ("int8", "[1, 127]", "int8"), ("int8", "[128]", "int64"), ("uint8", "[-1]", "int64"),
        ("uint16", "[18446744073709551615]", "uint64"),
        ("int32", "[0.5]", "float64"), ("uint8", "[70000, 0.5]", "float64"), ("float32", "[0.1]", "float32"),
        ("float64", "[7]", "float64"),
        ("date", #"["2021-06-05T10:00:00Z"]"#, "timestamp"), ("date", #"["2021-06-05", ""]"#, "date"),
        ("utf8", "[1, true, [1], {}]", "utf8"),
        ("int64", #"["12", null]"#, "int64"), ("list<int8>", "[[1, 300]]", "list<int64>"),
        ("list<utf8>", "[[]]", "list<utf8>"),
        ("fixed_list<int8, 1>", "[[300]]", "fixed_list<int64, 1>"), ("binary", #"["AQID"]"#, "binary"),
    ])
    func tablesTakeWiderValues(old: String, values: String, wanted: String) throws {
        let text = try JSONValues.split(values).map { #"{"v": \#($0), "n": 1}"# }.joined(separator: "\n")
        let rows = try ImportedRows(text: text, existing: table(old))
        #expect(rows.types == ["v \(wanted)", "k utf8", "n int64"])
        #expect(rows.schema.fields.map(\.id) == [4, 7, 8])
        let added = "column n: added as int64"
        #expect(
            rows.changes.map(\.description)
                == (old == wanted ? [added] : ["column v: widened from \(old) to \(wanted)", added]))
        #expect(rows.rows.count == text.split(separator: "\n").count)
    }

    @Test(arguments: [
        ("int64", #"[1, "x"]"#, 2), ("int64", "[1, 0.5]", 2), ("int64", "[1, 2, 9223372036854775808]", 3),
        ("float64", "[1, 9007199254740993]", 2),
        ("bool", "[true, 1]", 2), ("date", #"["2021-06-05", "999"]"#, 2), ("int64", "[[1]]", 1),
        ("list<int64>", "[[1], 2]", 2),
        ("list<int64>", #"[[1], ["x"]]"#, 2), ("timestamp", "[1]", 1), ("uint64", "[1, -1]", 1),
    ])
    func whatCannotBeWidenedIsAnErrorWithItsPlace(old: String, values: String, line: Int) throws {
        let parsed = try JSONValues.split(values)
        let text = parsed.map { #"{"v": \#($0)}"# }.joined(separator: "\n")
        let error = try #require(lakeError { _ = try ImportedRows(text: text, existing: table(old)) })
        #expect(error.code == .failed && error.location.column == "v" && error.hint != nil)
        #expect(error.location.line == line, "\(error)")
        // Under --skip-bad the column stays and only such rows are left out.
        let rows = try ImportedRows(text: text, existing: table(old), skipping: true)
        #expect(rows.schema == (try table(old)))
        #expect(rows.report.badLines == 1 && rows.rows.count == parsed.count - 1)
    }

    @Test func declaredAgainstExisting() throws {
        let existing = try Schema(fields: [
            Field(id: 1, name: "a", type: .int8, nullable: false), Field(id: 2, name: "b", type: .float64),
        ])
        let declared = try Schema(fields: [
            Field(id: 1, name: "c", type: .utf8, nullable: false), Field(id: 2, name: "a", type: .int32),
            Field(id: 3, name: "b", type: .float32),
        ])
        let merged = try SchemaWidening.merge(existing, declared: declared)
        #expect(
            merged.schema.fields.map { "\($0.id) \($0.name) \($0.type) \($0.nullable)" } == [
                "1 a int32 true", "2 b float64 true", "3 c utf8 true",
            ])
        #expect(merged.changes.count == 3)
        let wrong = try Schema(fields: [Field(id: 1, name: "a", type: .utf8)])
        let error = try #require(lakeError { _ = try SchemaWidening.merge(existing, declared: wrong) })
        #expect(error.code == .usage && error.location.column == "a")
    }
}
