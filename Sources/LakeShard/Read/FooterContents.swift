import LakeBytes
import LakeCore

/// What a footer's payload says, checked for consistency.
struct FooterContents {
    let rowCount: Int
    let schemaOffset: UInt64
    let fields: [Field]
    let groups: [GroupRecord]
    let nodes: [NodeRecord]

    init(_ footer: ByteView) throws {
        func number(_ offset: Int) throws -> Int { Int(try footer.load(at: offset, as: UInt32.self)) }
        let rows: UInt64 = try footer.load(at: 0)
        guard rows <= UInt64(ShardFormat.maximumRows), try number(8) == ShardFormat.chunkRows,
            try number(12) == (Int(rows) + ShardFormat.chunkRows - 1) / ShardFormat.chunkRows
        else { throw footer.corrupt("a footer with \(rows) rows in chunks that do not add up to them") }
        rowCount = Int(rows)
        let (nodeCount, groupCount, fieldCount) = (try number(16), try number(20), try number(24))
        guard fieldCount >= 1, fieldCount <= 16_384, groupCount <= 16, nodeCount <= 1 << 19 else {
            throw footer.corrupt("a footer with \(fieldCount) fields, \(groupCount) groups and \(nodeCount) nodes")
        }
        let names = try footer.slice(offset: number(44), count: number(28))
        schemaOffset = try footer.load(at: 48)
        let fieldsAt = try footer.slice(offset: number(40), count: fieldCount * 16)
        fields = try (0..<fieldCount).map { try FooterContents.field(fieldsAt, $0, names) }
        let groupsAt = try footer.slice(offset: number(36), count: groupCount * GroupRecord.size)
        groups = try (0..<groupCount).map { try FooterContents.group(groupsAt, $0, names, nodeCount: nodeCount) }
        let nodesAt = try footer.slice(offset: number(32), count: nodeCount * NodeRecord.size)
        let fields = self.fields
        nodes = try (0..<nodeCount).map { index in
            try NodeRecord(nodesAt, at: index * NodeRecord.size, fields: fields, groupCount: groupCount)
        }
        try check(footer)
    }

    private static func name(_ names: ByteView, _ record: ByteView) throws -> String {
        let offset = Int(try record.load(at: 0, as: UInt32.self))
        let bytes = try names.bytes(offset: offset, count: Int(try record.load(at: 4, as: UInt16.self)))
        guard let name = String(validating: bytes, as: UTF8.self) else {
            throw record.corrupt("a name that is not UTF-8")
        }
        return name
    }

    private static func field(_ records: ByteView, _ index: Int, _ names: ByteView) throws -> Field {
        let view = try records.slice(offset: index * 16, count: 16)
        let id = Int(try view.load(at: 0, as: UInt32.self))
        var fieldName = view
        fieldName = try view.slice(offset: 4, count: 12)
        let size = Int(try view.load(at: 12, as: UInt16.self))
        guard
            let type = DataType(
                code: try view.load(at: 10), element: try view.load(at: 14), size: size),
            try view.load(at: 11, as: UInt8.self) <= 1
        else { throw view.corrupt("a field of a type that does not exist") }
        return Field(
            id: id, name: try name(names, fieldName), type: type, nullable: try view.load(at: 11, as: UInt8.self) == 1)
    }

    private static func group(_ records: ByteView, _ index: Int, _ names: ByteView, nodeCount: Int) throws
        -> GroupRecord
    {
        let view = try records.slice(offset: index * GroupRecord.size, count: GroupRecord.size)
        let flags: UInt16 = try view.load(at: 6)
        let parent: UInt32 = try view.load(at: 8)
        var record = GroupRecord(
            name: try name(names, view), parent: flags & 1 == 1 ? Int(parent) : nil,
            codeNode: Int(try view.load(at: 16, as: UInt32.self)),
            countNode: Int(try view.load(at: 20, as: UInt32.self)))
        record.isAbsent = flags & 2 == 2
        record.keyCount = Int(try view.load(at: 12, as: UInt32.self))
        record.parentFirsts = try view.load(at: 24)
        record.sequences = try view.load(at: 32)
        guard flags <= 3, record.parent ?? -1 < index, record.parent == nil || record.sequences == 0,
            (flags & 1 == 1) == (parent != ShardFormat.none),
            record.keyCount <= ShardFormat.maximumRows, record.codeNode < nodeCount, record.countNode < nodeCount
        else { throw view.corrupt("a key group that does not fit the footer") }
        return record
    }

    /// Nodes stand in the order that follows from fields and groups, each column of a group once.
    private func checkOrder(_ footer: ByteView) throws {
        var next = 0
        func take(_ role: NodeRole.Role, _ subject: Int, _ group: Int?) throws {
            guard next < nodes.count, nodes[next].role.role == role, nodes[next].role.subject == subject,
                nodes[next].role.group == group
            else { throw footer.corrupt("node \(next) is not the one that belongs there") }
            next += 1
        }
        for (index, field) in fields.enumerated() {
            try take(.values, index, nil)
            if field.type.element != nil { try take(.elements, index, nil) }
        }
        for index in groups.indices {
            try take(.keyCodes, index, nil)
            try take(.rowCounts, index, index)
            var seen = Set<Int>()
            while next < nodes.count, nodes[next].role.role == .values, nodes[next].role.group == index {
                guard seen.insert(nodes[next].role.subject).inserted else {
                    throw footer.corrupt("a column that stands twice in key group '\(groups[index].name)'")
                }
                next += 1
            }
        }
        guard next == nodes.count else { throw footer.corrupt("nodes that belong to no field or group") }
    }

    private func check(_ footer: ByteView) throws {
        for group in groups.indices {
            let record = groups[group]
            let (codes, counts) = (nodes[record.codeNode], nodes[record.countNode])
            guard codes.role.role == .keyCodes, codes.role.subject == group, codes.role.group == nil,
                counts.role.role == .rowCounts, counts.role.subject == group, counts.role.group == group,
                codes.isAbsent == record.isAbsent, counts.isAbsent == record.isAbsent,
                record.isAbsent || record.parent.map({ !groups[$0].isAbsent }) ?? true
            else { throw footer.corrupt("key group '\(record.name)' does not have the nodes it needs") }
            let isNested = record.parent != nil
            guard record.keyCount <= rowCount, record.isAbsent || (record.parentFirsts != 0) == isNested,
                !isNested || record.sequences == 0,
                !record.isAbsent || record.keyCount == 0 && record.parentFirsts == 0 && record.sequences == 0
            else { throw footer.corrupt("key group '\(record.name)' has keys or segments that it cannot have") }
        }
        try checkOrder(footer)
        for (index, node) in nodes.enumerated() {
            if let group = node.role.group, groups[group].isAbsent != node.isAbsent {
                throw footer.corrupt("a column of key group '\(groups[group].name)', and only one of them is absent")
            }
            guard node.role.role == .elements || node.role.type.element != nil && node.role.group == nil else {
                if node.role.type.element != nil { throw footer.corrupt("a list in a key group") }
                continue
            }
            if node.role.role == .elements {
                guard let parent = node.role.parent, parent == index - 1,
                    nodes[parent].role.subject == node.role.subject,
                    nodes[parent].role.role == .values, nodes[parent].isAbsent == node.isAbsent, node.role.group == nil
                else { throw footer.corrupt("elements without their list") }
            } else {
                guard index + 1 < nodes.count, nodes[index + 1].role.role == .elements else {
                    throw footer.corrupt("a list without elements")
                }
            }
        }
    }
}
