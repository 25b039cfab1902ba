extension Field: Codable {
    private enum CodingKeys: String, CodingKey { case id, name, type, nullable }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            id: try values.decode(Int.self, forKey: .id), name: try values.decode(String.self, forKey: .name),
            type: try DataType(parsing: try values.decode(String.self, forKey: .type)),
            nullable: try values.decodeIfPresent(Bool.self, forKey: .nullable) ?? true)
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(id, forKey: .id)
        try values.encode(name, forKey: .name)
        try values.encode(type.description, forKey: .type)
        try values.encode(nullable, forKey: .nullable)
    }
}

extension Schema: Codable {
    private enum CodingKeys: String, CodingKey {
        case fields
        case keyGroups = "key_groups"
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            fields: try values.decode([Field].self, forKey: .fields),
            keyGroups: try values.decodeIfPresent([KeyGroup].self, forKey: .keyGroups) ?? [])
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(fields, forKey: .fields)
        if !keyGroups.isEmpty { try values.encode(keyGroups, forKey: .keyGroups) }
    }
}
