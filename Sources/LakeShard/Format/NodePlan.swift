import LakeCore

/// A column as a shard may store it. Node numbers follow from the schema alone (FORMAT.md, *Nodes*).
public struct NodeRole: Sendable, Hashable {
    /// What the values of a node are; the raw value is the one in the footer.
    public enum Role: UInt32, Sendable {
        case values = 0
        case elements, keyCodes, rowCounts
    }

    public var role: Role
    /// The field's position in the schema (values, elements) or the group's (keyCodes, rowCounts).
    public var subject: Int
    /// Nil for one value per row; the group for one value per key.
    public var group: Int?
    /// For elements: the list's node.
    public var parent: Int?
    public var type: DataType
}

/// The numbering of the nodes of a schema.
public struct NodePlan: Sendable {
    public private(set) var nodes: [NodeRole] = []
    /// Per field its node in the row domain.
    public private(set) var rowNodes: [Int] = []
    /// Per group the node of the row's key codes.
    public private(set) var codeNodes: [Int] = []
    /// Per group the node of the rows per key.
    public private(set) var countNodes: [Int] = []
    /// Per group the nodes of its columns, in the order of `KeyGroup.columns`.
    public private(set) var groupNodes: [[Int]] = []
    /// Per group the fields of its columns, in the same order.
    public private(set) var groupFields: [[Int]] = []
    /// Per group the group it nests in.
    public private(set) var parents: [Int?] = []

    public init(_ schema: Schema) {
        for (index, field) in schema.fields.enumerated() {
            rowNodes.append(nodes.count)
            nodes.append(NodeRole(role: .values, subject: index, group: nil, parent: nil, type: field.type))
            if let element = field.type.element {
                nodes.append(
                    NodeRole(role: .elements, subject: index, group: nil, parent: nodes.count - 1, type: element))
            }
        }
        for (index, group) in schema.keyGroups.enumerated() {
            codeNodes.append(nodes.count)
            nodes.append(NodeRole(role: .keyCodes, subject: index, group: nil, parent: nil, type: .uint32))
            countNodes.append(nodes.count)
            nodes.append(NodeRole(role: .rowCounts, subject: index, group: index, parent: nil, type: .uint32))
            let fields = group.columns.compactMap { schema.index(of: $0) }
            groupFields.append(fields)
            groupNodes.append(fields.indices.map { nodes.count + $0 })
            for field in fields {
                nodes.append(
                    NodeRole(
                        role: .values, subject: field, group: index, parent: nil, type: schema.fields[field].type))
            }
            parents.append(group.within.flatMap { name in schema.keyGroups.firstIndex { $0.name == name } })
        }
    }

    /// The fields that stand in no group.
    public func ungroupedFields(of schema: Schema) -> [Int] {
        let grouped = Set(groupFields.joined())
        return schema.fields.indices.filter { !grouped.contains($0) }
    }
}
