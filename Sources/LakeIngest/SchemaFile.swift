import FoundationEssentials
import LakeBytes
import LakeCore

/// A schema that a person has written: `{"fields": [{"name", "type", "nullable"?, "surrogate_key"?, "id"?}],
/// "key_groups": [...], "derived": [...]}`.
public enum SchemaFile {
    private struct Form: Decodable {
        var fields: [FieldForm]
        var keyGroups: [KeyGroup]?
        var derived: [DerivedField]?

        enum CodingKeys: String, CodingKey {
            case fields, derived
            case keyGroups = "key_groups"
        }
    }

    private struct FieldForm: Decodable {
        var id: Int?
        var name: String
        var type: String
        var nullable: Bool?
        var isSurrogateKey: Bool?

        enum CodingKeys: String, CodingKey {
            case id, name, type, nullable
            case isSurrogateKey = "surrogate_key"
        }
    }

    /// Reads a schema file; fields without an id get the lowest free ones, in order.
    /// - Throws: `LakeError` (missing, io) when it cannot be read, (usage) when it is no schema.
    public static func read(path: String) throws(LakeError) -> Schema {
        let reader = try BlockReader(path: path, blockSize: 1 << 16)
        while try reader.fill() {}
        do {
            return try decode(Array(reader.buffer[reader.window]))
        } catch {
            throw error.located(.init(file: path))
        }
    }

    /// Decodes a schema file's bytes.
    /// - Throws: `LakeError` (usage) that says what is wrong with it.
    public static func decode(_ bytes: [UInt8]) throws(LakeError) -> Schema {
        let form: Form
        do {
            form = try JSONDecoder().decode(Form.self, from: Data(bytes))
        } catch {
            throw LakeError(.usage, "no schema: " + reason(error), hint: example)
        }
        let taken = Set(form.fields.compactMap(\.id))
        var next = 1
        var fields: [Field] = []
        for field in form.fields {
            while taken.contains(next) { next += 1 }
            let id = field.id ?? next
            if field.id == nil { next += 1 }
            do {
                fields.append(
                    Field(
                        id: id, name: field.name, type: try DataType(parsing: field.type),
                        nullable: field.nullable ?? (field.isSurrogateKey != true),
                        isSurrogateKey: field.isSurrogateKey ?? false))
            } catch {
                throw error.located(.init(column: field.name))
            }
        }
        return try Schema(fields: fields, keyGroups: form.keyGroups ?? [], derived: form.derived ?? [])
    }

    private static let example = #"write {"fields": [{"name": "id", "type": "int64", "nullable": false}, ...]}"#

    private static func reason(_ error: any Error) -> String {
        guard let error = error as? DecodingError else { return "\(error)" }
        switch error {
        case .keyNotFound(let key, let context): return "'\(key.stringValue)' is missing" + place(context)
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            return context.debugDescription + place(context)
        case .dataCorrupted(let context): return context.debugDescription + place(context)
        @unknown default: return "\(error)"
        }
    }

    private static func place(_ context: DecodingError.Context) -> String {
        let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
        return path.isEmpty ? "" : " at \(path)"
    }
}
