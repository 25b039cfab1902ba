import LakeBytes
import LakeCore

/// The footer's record of a node.
public struct NodeRecord: Sendable {
    public var role: NodeRole
    public var isDictionaryCoded = false
    public var isAbsent = true
    public var dictionaryCount = 0
    public var directory: UInt64 = 0
    public var dictionary: UInt64 = 0
    public var textDictionary: UInt64 = 0
    public var counts: UInt64 = 0
    public var bitmaps: UInt64 = 0

    static let size = 64

    init(_ role: NodeRole) { self.role = role }

    func write(to writer: inout ByteWriter) {
        writer.append(role.role.rawValue)
        writer.append(UInt32(role.subject))
        writer.append(UInt32(role.group.map { $0 + 1 } ?? 0))
        writer.append(role.parent.map(UInt32.init) ?? ShardFormat.none)
        writer.append(role.type.code)
        writer.append(UInt8((isDictionaryCoded ? 1 : 0) | (isAbsent ? 2 : 0)))
        writer.append(UInt16(0))
        writer.append(UInt32(dictionaryCount))
        for offset in [directory, dictionary, textDictionary, counts, bitmaps] { writer.append(offset) }
    }

    /// Reads a record.
    /// - Throws: `LakeError` (corrupt) when it does not fit the fields and groups of its footer.
    init(_ footer: ByteView, at offset: Int, fields: [Field], groupCount: Int) throws {
        let view = try footer.slice(offset: offset, count: NodeRecord.size)
        let subject = Int(try view.load(at: 4, as: UInt32.self))
        let domain = Int(try view.load(at: 8, as: UInt32.self))
        let parent = try view.load(at: 12, as: UInt32.self)
        let flags: UInt8 = try view.load(at: 17)
        let type: DataType?
        guard let kind = NodeRole.Role(rawValue: try view.load(at: 0)), domain <= groupCount, flags <= 3 else {
            throw view.corrupt("a node whose role or domain does not exist")
        }
        switch kind {
        case .values: type = subject < fields.count ? fields[subject].type : nil
        case .elements: type = subject < fields.count ? fields[subject].type.element : nil
        case .keyCodes, .rowCounts: type = subject < groupCount ? .uint32 : nil
        }
        guard let type, try view.load(at: 16) == type.code else {
            throw view.corrupt("a node whose type is not its field's")
        }
        self.init(
            NodeRole(
                role: kind, subject: subject, group: domain == 0 ? nil : domain - 1,
                parent: parent == ShardFormat.none ? nil : Int(parent), type: type))
        isDictionaryCoded = flags & 1 == 1
        isAbsent = flags & 2 == 2
        dictionaryCount = Int(try view.load(at: 20, as: UInt32.self))
        directory = try view.load(at: 24)
        dictionary = try view.load(at: 32)
        textDictionary = try view.load(at: 40)
        counts = try view.load(at: 48)
        bitmaps = try view.load(at: 56)
        let canBeCoded = kind == .values || kind == .elements
        guard dictionaryCount <= ShardFormat.maximumDictionaryValues, !isDictionaryCoded || dictionary != 0,
            isAbsent || directory != 0,
            !isDictionaryCoded || canBeCoded && (type.physical == .integer || type.physical == .bytes)
        else { throw view.corrupt("a node without its directory or dictionary") }
        let offsets = [directory, dictionary, textDictionary, counts, bitmaps]
        guard !isAbsent || offsets.allSatisfy({ $0 == 0 }), isDictionaryCoded || dictionary | counts | bitmaps == 0,
            isDictionaryCoded || dictionaryCount == 0, counts == 0 || kind == .values,
            bitmaps == 0 || kind == .values && domain == 0, textDictionary == 0 || type.physical == .bytes
        else { throw view.corrupt("a node with a segment that it cannot have") }
    }
}

/// The footer's record of a key group.
public struct GroupRecord: Sendable {
    public var name: String
    public var parent: Int?
    public var isAbsent = true
    public var keyCount = 0
    public var codeNode: Int
    public var countNode: Int
    public var parentFirsts: UInt64 = 0
    public var sequences: UInt64 = 0

    static let size = 48
}

/// One line of a node's directory: where a chunk's values are, and their statistics.
public struct DirectoryRecord: Sendable, Equatable {
    public var offset: UInt64 = 0
    public var storedLength: UInt64 = 0
    public var count = 0
    public var nullCount = 0
    public var statistics = Statistics()
    public var encoding = Encoding.constant
    public var codec = Codec.none

    static let size = 64

    func write(to writer: inout ByteWriter) {
        writer.append(offset)
        writer.append(storedLength)
        writer.append(UInt32(count))
        writer.append(UInt32(nullCount))
        writer.append(statistics.flags)
        writer.append(encoding.rawValue)
        writer.append(codec.rawValue)
        writer.append(UInt16(0))
        writer.append(statistics.low)
        writer.append(statistics.high)
    }

    init() {}

    init(_ directory: ByteView, at offset: Int) throws {
        let view = try directory.slice(offset: offset, count: DirectoryRecord.size)
        self.offset = try view.load(at: 0)
        storedLength = try view.load(at: 8)
        count = Int(try view.load(at: 16, as: UInt32.self))
        nullCount = Int(try view.load(at: 20, as: UInt32.self))
        guard let encoding = Encoding(rawValue: try view.load(at: 28)),
            let codec = Codec(rawValue: try view.load(at: 29)), nullCount <= count
        else { throw view.corrupt("a directory record with an encoding or codec that does not exist") }
        self.encoding = encoding
        self.codec = codec
        statistics = try Statistics(
            flags: view.load(at: 24), low: view.bytes(offset: 32, count: 16), high: view.bytes(offset: 48, count: 16))
    }
}

extension DataType {
    /// The type's number in the format.
    var code: UInt8 {
        switch self {
        case .list: 16
        case .fixedList: 17
        default: UInt8((DataType.scalarCodes.firstIndex(of: self) ?? 0) + 1)
        }
    }

    static let scalarCodes: [DataType] = [
        .bool, .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .float32, .float64, .date, .timestamp,
        .utf8, .binary,
    ]

    init?(code: UInt8, element: UInt8, size: Int) {
        switch code {
        case 1...15: self = DataType.scalarCodes[Int(code) - 1]
        case 16, 17:
            guard (1...15).contains(element) else { return nil }
            guard code == 16 || size > 0 else { return nil }
            let element = DataType.scalarCodes[Int(element) - 1]
            self = code == 16 ? .list(element) : .fixedList(element, size: size)
        default: return nil
        }
    }
}

/// Everything the footer says: what a shard holds and where.
struct Footer {
    var rowCount: Int
    var schemaOffset: UInt64
    var fields: [Field]
    var groups: [GroupRecord]
    var nodes: [NodeRecord]

    var bytes: [UInt8] {
        var names = ByteWriter()
        var fieldBytes = ByteWriter()
        for field in fields {
            fieldBytes.append(UInt32(field.id))
            fieldBytes.append(UInt32(names.count))
            fieldBytes.append(UInt16(field.name.utf8.count))
            fieldBytes.append(field.type.code)
            fieldBytes.append(UInt8(field.nullable ? 1 : 0))
            if case .fixedList(_, let size) = field.type {
                fieldBytes.append(UInt16(size))
            } else {
                fieldBytes.append(UInt16(0))
            }
            fieldBytes.append(field.type.element?.code ?? 0)
            fieldBytes.append(UInt8(0))
            names.append(Array(field.name.utf8))
        }
        var groupBytes = ByteWriter()
        for group in groups {
            groupBytes.append(UInt32(names.count))
            groupBytes.append(UInt16(group.name.utf8.count))
            groupBytes.append(UInt16((group.parent != nil ? 1 : 0) | (group.isAbsent ? 2 : 0)))
            groupBytes.append(group.parent.map(UInt32.init) ?? ShardFormat.none)
            groupBytes.append(UInt32(group.keyCount))
            groupBytes.append(UInt32(group.codeNode))
            groupBytes.append(UInt32(group.countNode))
            groupBytes.append(group.parentFirsts)
            groupBytes.append(group.sequences)
            groupBytes.append(UInt64(0))
            names.append(Array(group.name.utf8))
        }
        let nodesAt = 64
        let groupsAt = nodesAt + nodes.count * NodeRecord.size
        let fieldsAt = groupsAt + groupBytes.count
        let namesAt = fieldsAt + fieldBytes.count
        var writer = ByteWriter()
        writer.append(UInt64(rowCount))
        writer.append(UInt32(ShardFormat.chunkRows))
        writer.append(UInt32((rowCount + ShardFormat.chunkRows - 1) / ShardFormat.chunkRows))
        for count in [nodes.count, groups.count, fields.count, names.count] { writer.append(UInt32(count)) }
        for offset in [nodesAt, groupsAt, fieldsAt, namesAt] { writer.append(UInt32(offset)) }
        writer.append(schemaOffset)
        writer.append(UInt64(0))
        for node in nodes { node.write(to: &writer) }
        writer.append(groupBytes.bytes)
        writer.append(fieldBytes.bytes)
        writer.append(names.bytes)
        return writer.bytes
    }
}
