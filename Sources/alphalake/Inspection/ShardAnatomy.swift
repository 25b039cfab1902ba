import LakeBytes
import LakeCore
import LakeShard

/// What the columns of one or more shards of a table take of their files.
struct ShardAnatomy {
    /// A column as it is stored in one domain: per row, or per key of a group.
    struct Part: Hashable {
        /// The group's name, empty for one value per row.
        var group: String
        var column: String
    }

    struct Sizes {
        var type: String
        /// Values stored, over all chunks.
        var values = 0
        var chunks = 0
        /// Bytes of data segments, dictionaries (of values and of text), directories, and the index.
        var data = 0
        var dictionary = 0
        var directory = 0
        var index = 0
        /// Chunks per way of encoding, such as `dictionary packed zstd`.
        var encodings: [String: Int] = [:]

        var bytes: Int { data + dictionary + directory + index }
    }

    private(set) var rows = 0
    /// Bytes of the files.
    private(set) var bytes = 0
    private(set) var keys: [String: Int] = [:]
    private(set) var parts: [Part: Sizes] = [:]
    private let order: [Part]

    /// The name of the rows' key codes and the like, which are no columns of the table.
    private static let codes = "(row's key)"
    private static let counts = "(rows per key)"
    static let frame = Part(group: "", column: "(header, schema, footer)")

    init(schema: Schema) {
        // The table's columns in its order, those per row first; then group by group.
        order =
            schema.fields.map { Part(group: "", column: $0.name) }
            + schema.keyGroups.flatMap { group in
                [ShardAnatomy.codes, ShardAnatomy.counts].map { Part(group: group.name, column: $0) }
                    + group.columns.map { Part(group: group.name, column: $0) }
            }
    }

    /// Adds a shard, or a companion of one that has been added.
    /// - Throws: `LakeError` (corrupt) when its segments cannot be listed.
    mutating func add(_ reader: ShardReader, isCompanion: Bool = false) throws {
        rows += isCompanion ? 0 : reader.rowCount
        bytes += reader.byteCount
        for group in reader.groups where !group.isAbsent { keys[group.record.name, default: 0] += group.keyCount }
        let segments = try reader.segments()
        var framing = reader.byteCount
        for segment in segments {
            guard let number = segment.node, number < reader.nodes.count else { continue }
            let node = reader.nodes[number]
            let part = ShardAnatomy.part(node, reader)
            var sizes = parts[part] ?? Sizes(type: node.type.description)
            if node.record.role.role == .values { sizes.type = node.type.description }
            ShardAnatomy.count(segment, node, &sizes)
            parts[part] = sizes
            framing -= segment.fileBytes
        }
        parts[ShardAnatomy.frame, default: Sizes(type: "")].directory += framing
    }

    private static func part(_ node: NodeReader, _ reader: ShardReader) -> Part {
        let role = node.record.role
        switch role.role {
        case .values, .elements:
            let group = role.group.map { reader.groups[$0].record.name } ?? ""
            return Part(group: group, column: reader.fields[role.subject].name)
        case .keyCodes: return Part(group: reader.groups[role.subject].record.name, column: codes)
        case .rowCounts: return Part(group: reader.groups[role.subject].record.name, column: counts)
        }
    }

    private static func count(_ segment: ShardSegment, _ node: NodeReader, _ sizes: inout Sizes) {
        switch segment.kind {
        case .data:
            sizes.data += segment.fileBytes
            // The elements of a list are part of its column, but not values of it.
            guard node.record.role.role != .elements else { return }
            sizes.values += segment.count
            sizes.chunks += 1
            let codec = segment.codec == .none ? "" : " \(segment.codec)"
            let kind = node.isDictionaryCoded ? "dictionary " : ""
            sizes.encodings["\(kind)\(segment.encoding)\(codec)", default: 0] += 1
        case .dictionary, .textDictionary: sizes.dictionary += segment.fileBytes
        case .counts, .bitmaps: sizes.index += segment.fileBytes
        case .sequences, .parentFirsts: sizes.data += segment.fileBytes
        case .directory, .schema, .footer: sizes.directory += segment.fileBytes
        }
    }

    /// What is stored, in the order of the schema; the files' frame last.
    var listed: [(part: Part, sizes: Sizes)] {
        let known = order.filter { parts[$0] != nil }
        let others = parts.keys.filter { !known.contains($0) && $0 != ShardAnatomy.frame }
            .sorted { ($0.group, $0.column) < ($1.group, $1.column) }
        return (known + others + [ShardAnatomy.frame]).compactMap { part in parts[part].map { (part, $0) } }
    }
}
