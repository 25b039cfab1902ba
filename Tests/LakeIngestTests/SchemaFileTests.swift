import LakeCore
import Testing

@testable import LakeIngest

@Suite struct SchemaFileTests {
    @Test func readsFieldsAndKeyGroups() throws {
        let input = try TextInput(
            """
            {"fields": [{"name": "wave", "type": "utf8", "nullable": false}, {"name": "id", "type": "int64", "id": 1},
                        {"name": "shares", "type": "fixed_list<float32, 51>"}],
             "key_groups": [{"name": "respondent", "key": ["wave", "id"], "columns": ["wave", "id"]}]}
            """, name: "S.json")
        let schema = try SchemaFile.read(path: input.path)
        #expect(
            schema.fields.map { "\($0.id) \($0.name) \($0.type) \($0.nullable)" } == [
                "2 wave utf8 false", "1 id int64 true", "3 shares fixed_list<float32, 51> true",
            ])
        #expect(schema.keyGroups == [KeyGroup(name: "respondent", key: ["wave", "id"], columns: ["wave", "id"])])
    }

    @Test(arguments: [
        "", "{", "[]", "{}", #"{"fields": []}"#, #"{"fields": [{"name": "a"}]}"#,
        #"{"fields": [{"name": "a", "type": "int63"}]}"#,
        #"{"fields": [{"name": 1, "type": "int64"}]}"#, #"{"fields": [{"name": "a", "type": "int64", "id": 0}]}"#,
        #"{"fields": [{"name": "a", "type": "int64"}, {"name": "a", "type": "int64"}]}"#,
        #"{"fields": [{"name": "a", "type": "int64"}], "key_groups": [{"name": "g", "key": ["b"], "columns": ["b"]}]}"#,
    ])
    func whatIsNoSchemaIsAUsageError(text: String) throws {
        let input = try TextInput(text, name: "S.json")
        let error = try #require(lakeError { _ = try SchemaFile.read(path: input.path) })
        #expect(error.code == .usage && error.location.file == input.path)
    }

    @Test func aMissingFileIsMissing() throws {
        let error = try #require(lakeError { _ = try SchemaFile.read(path: "/nowhere/S.json") })
        #expect(error.code == .missing)
    }
}
