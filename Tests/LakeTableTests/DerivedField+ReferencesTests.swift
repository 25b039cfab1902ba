import LakeCore
import Testing

@testable import LakeTable

@Suite struct DerivedFieldReferencesTests {
    private static let ads = [
        Field(id: 1, name: "id", type: .int64), Field(id: 2, name: "body", type: .utf8),
        Field(id: 3, name: "day", type: .date), Field(id: 4, name: "spend", type: .float64),
    ]

    /// A lake with the empty tables `rows` and, if asked for, `ads`.
    private func lake(_ directory: TemporaryDirectory, ads: Bool = true) throws -> Lake {
        _ = try sampleTable(in: directory)
        let lake = try Lake.open(at: directory.file("lake"))
        if ads { _ = try lake.createTable("ads", schema: Schema(fields: DerivedFieldReferencesTests.ads)) }
        return lake
    }

    private func body(
        _ name: String = "body", from table: String = "ads", _ column: String = "id", _ key: String = "id",
        value: String = "body", type: DataType = .utf8, version: Int? = nil
    ) -> DerivedField {
        let key = [Lookup.KeyPart(column, references: key)]
        return DerivedField(
            name: name, type: type, lookup: Lookup(table: table, version: version, key: key, value: value))
    }

    private func refusal(_ field: DerivedField, _ lake: Lake) throws -> LakeError? {
        do {
            _ = try lake.references(of: field, in: sampleSchema)
            return nil
        } catch let error as LakeError {
            return error
        }
    }

    @Test func columnsAreHeldAgainstWhatTheyRead() throws {
        let directory = try TemporaryDirectory()
        let lake = try lake(directory)
        #expect(try refusal(body(), lake) == nil)
        #expect(try refusal(body(version: 1), lake) == nil)
        #expect(try refusal(body(version: 2), lake)?.code == .missing)
        #expect(try refusal(body(from: "adds"), lake)?.hint == "did you mean 'ads'?")
        #expect(try refusal(body("b", "id", "ad_id"), lake)?.message.contains("no column 'ad_id'") == true)
        #expect(try refusal(body("b", "id", "body"), lake)?.message.contains("never equal") == true)
        #expect(try refusal(body("b", "id", "day"), lake)?.message.contains("never equal") == true)
        #expect(try refusal(body("b", "id", "spend"), lake)?.message.contains("cannot be a key") == true)
        #expect(try refusal(body(value: "text"), lake)?.message.contains("no column 'text'") == true)
        #expect(try refusal(body(type: .int32), lake)?.message.contains("was declared as int32") == true)
        #expect(try lake.references(of: body(value: "day", type: .date), in: sampleSchema).type == .date)
    }

    @Test func aDeclarationIsAVersionAndLeavesTheRestAlone() throws {
        let directory = try TemporaryDirectory()
        let lake = try lake(directory)
        let table = try lake.table("rows")
        try table.appendOne(rows: 3)
        let before = try table.manifest()
        let after = try table.commit(.derive(sampleSchema.deriving([body()]), details: [:]), over: before)
        #expect(after.operation == .derive && after.shards == before.shards)
        #expect(try table.manifest() == after)
        #expect(try table.manifest(version: before.version).schema == sampleSchema)
        // Who appended meanwhile follows; who declared another column meanwhile does not.
        let appended = try table.commit(.append([table.fakeShard()]), over: before)
        #expect(appended.schema.derived == [body()])
        do {
            _ = try table.commit(.derive(sampleSchema.deriving([body("other")])), over: before)
            Issue.record("a schema was replaced that another writer had changed")
        } catch let error as LakeError {
            #expect(error.code == .conflict)
        }
        let dropped = try table.commit(.derive(appended.schema.deriving([])), over: appended)
        #expect(dropped.schema == sampleSchema)
        for _ in 0..<64 { try table.appendOne() }
        #expect(try Validation(of: table).run().findings.isEmpty)
    }

    @Test func danglingReferencesAreFound() throws {
        let directory = try TemporaryDirectory()
        let lake = try lake(directory, ads: false)
        let table = try lake.table("rows")
        let schema = try sampleSchema.deriving([body(), body("day", value: "day", type: .date)])
        _ = try table.commit(.derive(schema), over: table.manifest())
        let found = try Validation(of: table).run()
        #expect(!found.isSound)
        #expect(found.findings.map(\.severity) == [.warning, .warning])
        #expect(found.findings.map(\.location.column) == ["body", "day"])
        #expect(found.findings.first?.message.contains("no table 'ads'") == true)
        _ = try lake.createTable("ads", schema: Schema(fields: Array(DerivedFieldReferencesTests.ads.prefix(2))))
        let left = try Validation(of: table).run().findings
        #expect(left.map(\.location.column) == ["day"])
    }
}
