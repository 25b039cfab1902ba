import Foundation
import Testing

@testable import LakeCore

@Suite struct DerivedFieldTests {
    private let fields = [
        Field(id: 1, name: "ad", type: .int64), Field(id: 2, name: "share", type: .float64),
        Field(id: 3, name: "tags", type: .list(.utf8)),
    ]

    private func body(_ name: String = "body", key: [Lookup.KeyPart] = [.init("ad", references: "id")]) -> DerivedField
    {
        DerivedField(name: name, type: .utf8, lookup: Lookup(table: "ads", key: key, value: "body"))
    }

    private func refusal(_ derived: [DerivedField]) -> String? {
        do throws(LakeError) {
            _ = try Schema(fields: fields, derived: derived)
            return nil
        } catch {
            return error.message
        }
    }

    @Test func whatCannotBeDeclaredIsRefused() {
        #expect(refusal([body()]) == nil)
        #expect(refusal([body(), body("page", key: [.init("body", references: "id")])]) == nil)
        #expect(refusal([body("share")])?.contains("the table has a column of that name") == true)
        #expect(refusal([body(), body()])?.contains("the table has a column of that name") == true)
        #expect(refusal([body("")])?.contains("1 to 1024 bytes") == true)
        #expect(refusal([body(key: [])])?.contains("no key") == true)
        #expect(refusal([body(key: [.init("add", references: "id")])])?.contains("no column 'add'") == true)
        #expect(refusal([body(key: [.init("body", references: "id")])])?.contains("no column 'body'") == true)
        #expect(refusal([body(key: [.init("share", references: "id")])])?.contains("cannot be a key") == true)
        #expect(refusal([body(key: [.init("tags", references: "id")])])?.contains("cannot be a key") == true)
        let twice: [Lookup.KeyPart] = [.init("ad", references: "id"), .init("ad", references: "id")]
        #expect(refusal([body(key: twice)])?.contains("twice") == true)
        var old = body()
        old.lookup.version = 0
        #expect(refusal([old])?.contains("count from 1") == true)
    }

    @Test func jsonRoundTrip() throws {
        var pinned = body("page", key: [.init("ad", references: "id"), .init("body", references: "text")])
        pinned.lookup.version = 7
        let schema = try Schema(fields: fields, derived: [body(), pinned])
        let bytes = try JSONEncoder().encode(schema)
        #expect(try JSONDecoder().decode(Schema.self, from: bytes) == schema)
        #expect(pinned.lookup.description == "ads@7.body by id = ad, text = body")
        #expect(schema.stored == (try Schema(fields: fields)))
        let without = String(decoding: try JSONEncoder().encode(schema.stored), as: UTF8.self)
        #expect(!without.contains("derived"))
    }

    @Test func otherKindsAreRefused() throws {
        let schema = try Schema(fields: fields, derived: [body()])
        let text = String(decoding: try JSONEncoder().encode(schema), as: UTF8.self)
        let other = text.replacing("\"lookup\"", with: "\"model\"")
        #expect(throws: LakeError.self) { try JSONDecoder().decode(Schema.self, from: Data(other.utf8)) }
    }
}
