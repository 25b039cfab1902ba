extension Field: Codable {
    private enum CodingKeys: String, CodingKey {
        case id, name, type, nullable
        case isSurrogateKey = "surrogate_key"
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            id: try values.decode(Int.self, forKey: .id), name: try values.decode(String.self, forKey: .name),
            type: try DataType(parsing: try values.decode(String.self, forKey: .type)),
            nullable: try values.decodeIfPresent(Bool.self, forKey: .nullable) ?? true,
            isSurrogateKey: try values.decodeIfPresent(Bool.self, forKey: .isSurrogateKey) ?? false)
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(id, forKey: .id)
        try values.encode(name, forKey: .name)
        try values.encode(type.description, forKey: .type)
        try values.encode(nullable, forKey: .nullable)
        if isSurrogateKey { try values.encode(true, forKey: .isSurrogateKey) }
    }
}

extension Schema: Codable {
    private enum CodingKeys: String, CodingKey {
        case fields, derived
        case keyGroups = "key_groups"
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            fields: try values.decode([Field].self, forKey: .fields),
            keyGroups: try values.decodeIfPresent([KeyGroup].self, forKey: .keyGroups) ?? [],
            derived: try values.decodeIfPresent([DerivedField].self, forKey: .derived) ?? [])
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(fields, forKey: .fields)
        if !keyGroups.isEmpty { try values.encode(keyGroups, forKey: .keyGroups) }
        if !derived.isEmpty { try values.encode(derived, forKey: .derived) }
    }
}

extension DerivedField: Codable {
    private enum CodingKeys: String, CodingKey { case name, type, kind, table, version, key, value }

    /// The one kind there is. Another comes with a required feature of the table.
    private static let kind = "lookup"

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let kind = try values.decode(String.self, forKey: .kind)
        guard kind == DerivedField.kind else { throw LakeError(.usage, "'\(kind)' is no kind of derived column") }
        self.init(
            name: try values.decode(String.self, forKey: .name),
            type: try DataType(parsing: try values.decode(String.self, forKey: .type)),
            lookup: Lookup(
                table: try values.decode(String.self, forKey: .table),
                version: try values.decodeIfPresent(Int.self, forKey: .version),
                key: try values.decode([Lookup.KeyPart].self, forKey: .key),
                value: try values.decode(String.self, forKey: .value)))
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(name, forKey: .name)
        try values.encode(type.description, forKey: .type)
        try values.encode(DerivedField.kind, forKey: .kind)
        try values.encode(lookup.table, forKey: .table)
        try values.encodeIfPresent(lookup.version, forKey: .version)
        try values.encode(lookup.key, forKey: .key)
        try values.encode(lookup.value, forKey: .value)
    }
}
