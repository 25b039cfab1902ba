import LakeBytes
import LakeCore

/// A footer made from the segments of a shard: the numbers of nodes follow from the schema, the rest is in the headers.
struct FooterDraft {
    private(set) var rowCount = 0
    private let schema: Schema
    private let schemaOffset: UInt64
    private(set) var groups: [GroupRecord] = []
    var nodes: [NodeRecord]

    /// Nil when the segments cannot be those of the schema.
    init?(_ schema: Schema, _ schemaOffset: UInt64, _ segments: [ShardRepair.FoundSegment]) {
        self.schema = schema
        self.schemaOffset = schemaOffset
        let plan = NodePlan(schema)
        nodes = plan.nodes.map { NodeRecord($0) }
        var counts = [Int](repeating: 0, count: nodes.count)
        var firsts: [Int: UInt64] = [:]
        var sequences: [Int: UInt64] = [:]
        for segment in segments {
            guard let node = segment.node else { continue }
            guard node < nodes.count else { return nil }
            let offset = UInt64(segment.offset)
            nodes[node].isAbsent = false
            switch segment.header.kind {
            case .directory: nodes[node].directory = offset
            case .dictionary:
                nodes[node].dictionary = offset
                nodes[node].isDictionaryCoded = true
                nodes[node].dictionaryCount = Int(segment.header.count)
            case .textDictionary: nodes[node].textDictionary = offset
            case .counts: nodes[node].counts = offset
            case .bitmaps: nodes[node].bitmaps = offset
            case .parentFirsts: firsts[node] = offset
            case .sequences: sequences[node] = offset
            case .data: counts[node] += Int(segment.header.count)
            case .schema, .footer: continue
            }
        }
        for index in schema.keyGroups.indices {
            var record = GroupRecord(
                name: schema.keyGroups[index].name, parent: plan.parents[index], codeNode: plan.codeNodes[index],
                countNode: plan.countNodes[index])
            record.isAbsent = nodes[record.codeNode].isAbsent
            record.keyCount = record.isAbsent ? 0 : counts[record.countNode]
            record.parentFirsts = firsts[record.codeNode] ?? 0
            record.sequences = sequences[record.codeNode] ?? 0
            groups.append(record)
        }
        let perRow = nodes.indices.filter {
            !nodes[$0].isAbsent && nodes[$0].role.group == nil && nodes[$0].role.role != .elements
        }
        // All of them have as many values; where one has lost some, another has not.
        rowCount = perRow.map { counts[$0] }.max() ?? 0
    }

    var footer: Footer {
        Footer(rowCount: rowCount, schemaOffset: schemaOffset, fields: schema.fields, groups: groups, nodes: nodes)
    }

    /// A node's directory without statistics.
    func directory(of node: Int, _ segments: [ShardRepair.FoundSegment]) -> (SegmentHeader, [UInt8]) {
        let data = segments.filter { $0.header.kind == .data && $0.node == node }
            .sorted { $0.header.chunk < $1.header.chunk }
        return DerivedSegments.directory(node, data.map { DirectoryRecord($0) })
    }
}

extension DirectoryRecord {
    /// The record of a segment, without statistics.
    init(_ segment: ShardRepair.FoundSegment) {
        self.init()
        offset = UInt64(segment.offset)
        storedLength = segment.header.storedLength
        count = Int(segment.header.count)
        nullCount = Int(segment.header.nullCount)
        encoding = segment.header.encoding
        codec = segment.header.codec
    }
}
