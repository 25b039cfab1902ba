import FoundationEssentials
import LakeBytes
import LakeCore

/// A shard open for reading: a mapped file, its footer verified, everything else verified when first touched. Columns of its
/// companions are fields behind its own; their files are opened when first touched.
///
/// Safe for any number of threads.
public final class ShardReader: Sendable {
    public let path: String
    public let rowCount: Int
    /// The fields of the shard's own file.
    public let fields: [Field]
    public let groups: [KeyGroupReader]
    public let nodes: [NodeReader]
    /// Per field its nodes that hold something, the row domain's first.
    private let nodesOfField: [[Int]]
    /// Fields by id, those of the companions behind the shard's own.
    private let positions: [Int: Int]
    /// What the fields behind the shard's own are: their ids, and where they are.
    let companionFields: [(id: Int, companion: ShardCompanion)]
    let file: ByteView
    let schemaOffset: UInt64

    /// Opens the shard at `path`.
    /// - Throws: `LakeError`: missing or io from the store, corrupt when it is no intact shard of this version.
    public convenience init(path: String, store: any Store, companions: [ShardCompanion] = []) throws {
        try self.init(try store.map(path).view, path: path, companions: companions)
    }

    /// Opens a shard whose bytes are at hand; `path` names them in errors.
    /// - Parameter companions: files with further columns for the same rows.
    /// - Throws: `LakeError` (corrupt) when they are no intact shard of this version.
    public init(_ file: ByteView, path: String, companions: [ShardCompanion] = []) throws {
        self.path = path
        self.file = file
        let (offset, length, checksum) = try ShardFormat.footerRange(of: file)
        let header = try SegmentHeader(file, at: offset)
        let footer = try file.slice(offset: offset + SegmentHeader.size, count: length)
        guard header.kind == .footer, header.storedLength == UInt64(length), header.codec == .none,
            header.checksum == checksum, Checksum.xxh3(footer) == checksum
        else { throw footer.corrupt("the footer's checksum is wrong") }
        let contents = try FooterContents(footer)
        rowCount = contents.rowCount
        schemaOffset = contents.schemaOffset
        fields = contents.fields
        let names = contents.fields.map(\.name)
        companionFields = companions.flatMap { companion in companion.fields.map { ($0, companion) } }
        positions = Dictionary(
            (contents.fields.map(\.id) + companionFields.map(\.id)).enumerated().map { ($1, $0) },
            uniquingKeysWith: { first, _ in first })
        let chunkCount = (contents.rowCount + ShardFormat.chunkRows - 1) / ShardFormat.chunkRows
        var nodes: [NodeReader] = []
        for (index, record) in contents.nodes.enumerated() {
            let keys = record.role.group.map { contents.groups[$0].keyCount }
            let values = keys ?? contents.rowCount
            let column: String
            switch record.role.role {
            case .values, .elements: column = names[record.role.subject]
            case .keyCodes: column = "\(contents.groups[record.role.subject].name) key codes"
            case .rowCounts: column = "\(contents.groups[record.role.subject].name) row counts"
            }
            let isElements = record.role.role == .elements
            nodes.append(
                NodeReader(
                    number: index, record: record, column: column, file: file,
                    chunkCount: isElements
                        ? chunkCount : (values + ShardFormat.chunkRows - 1) / ShardFormat.chunkRows,
                    valueCount: isElements ? nil : values,
                    list: isElements ? record.role.parent.map { nodes[$0] } : nil))
        }
        self.nodes = nodes
        var readers: [KeyGroupReader] = []
        for record in contents.groups {
            readers.append(
                KeyGroupReader(
                    record: record, rowCount: contents.rowCount, codes: nodes[record.codeNode],
                    counts: nodes[record.countNode], parent: record.parent.map { readers[$0] }, file: file))
        }
        groups = readers
        var nodesOfField = [[Int]](repeating: [], count: contents.fields.count)
        for (index, node) in contents.nodes.enumerated() where node.role.role == .values && !node.isAbsent {
            nodesOfField[node.role.subject].append(index)
        }
        self.nodesOfField = nodesOfField
        if let field = nodesOfField.firstIndex(where: \.isEmpty) {
            throw footer.corrupt("column '\(names[field])' is nowhere in the shard")
        }
    }

    public var chunkCount: Int { (rowCount + ShardFormat.chunkRows - 1) / ShardFormat.chunkRows }
    public var byteCount: Int { file.count }

    /// Rows of chunk `chunk`.
    public func rows(ofChunk chunk: Int) -> Int {
        min(ShardFormat.chunkRows, rowCount - chunk * ShardFormat.chunkRows)
    }

    /// The field with an id, nil when the shard was written before it existed.
    public func field(id: Int) -> Int? { positions[id] }

    /// The node of a field in the row domain or, with a group, among its keys; nil when it is not stored there.
    /// - Throws: `LakeError` when it is in a companion that cannot be opened.
    public func node(ofField field: Int, group: Int?) throws -> NodeReader? {
        if let (reader, field) = try companion(ofField: field) {
            return group == nil ? try reader.node(ofField: field, group: nil) : nil
        }
        return nodesOfField[field].first { nodes[$0].record.role.group == group }.map { nodes[$0] }
    }

    /// The groups that hold a field. Companions have none.
    public func groups(ofField field: Int) -> [Int] {
        field < fields.count ? nodesOfField[field].compactMap { nodes[$0].record.role.group } : []
    }

    /// All nodes that hold a field's values.
    func nodes(ofField field: Int) -> [NodeReader] { nodesOfField[field].map { nodes[$0] } }

    /// The elements of a list column.
    /// - Throws: `LakeError` when it is in a companion that cannot be opened.
    public func elements(ofField field: Int) throws -> NodeReader? {
        if let (reader, field) = try companion(ofField: field) { return try reader.elements(ofField: field) }
        return nodes.first {
            $0.record.role.role == .elements && $0.record.role.subject == field && !$0.record.isAbsent
        }
    }

    /// The table's schema as the shard's first segment has it.
    public func schema() throws -> Schema {
        let payload = try SegmentPayload(
            file, at: schemaOffset, kind: .schema, node: nil, chunk: nil
        ).raw
        do {
            return try JSONDecoder().decode(Schema.self, from: Data(payload.bytes))
        } catch let error as LakeError {
            throw payload.corrupt("the schema is none: \(error.message)")
        } catch {
            throw payload.corrupt("the schema is not the JSON it should be")
        }
    }

    /// The values of a column for all rows of a chunk, wherever they are stored.
    public func vector(field: Int, chunk: Int) throws -> ColumnVector {
        if let node = try node(ofField: field, group: nil) {
            return try node.vector(chunk: chunk, elements: elements(ofField: field))
        }
        guard let group = groups(ofField: field).first, let node = try node(ofField: field, group: group) else {
            throw file.corrupt("column '\(fields[field].name)' is nowhere in the shard")
        }
        var codes: [UInt32] = []
        try groups[group].codes(chunk: chunk, into: &codes)
        return try node.vector(keys: codes)
    }
}

/// A segment that has been checked against what pointed to it.
struct SegmentPayload {
    let header: SegmentHeader
    /// The payload as stored.
    let stored: ByteView

    /// - Parameter verified: whether its checksum has been found right before.
    /// - Throws: `LakeError` (corrupt) with the file and the offset.
    init(_ file: ByteView, at offset: UInt64, kind: SegmentKind, node: Int?, chunk: Int?, verified: Bool = false) throws
    {
        guard offset % 64 == 0, offset >= 64, offset < UInt64(file.count) else {
            throw file.corrupt("a \(kind) segment at \(offset), outside of the file")
        }
        header = try SegmentHeader(file, at: Int(offset))
        let place = try file.slice(offset: Int(offset), count: SegmentHeader.size)
        guard header.kind == kind, header.node == node.map(UInt32.init) ?? ShardFormat.none,
            header.chunk == chunk.map(UInt32.init) ?? ShardFormat.none
        else { throw place.corrupt("a segment that is not the \(kind) segment it should be") }
        stored = try file.slice(offset: Int(offset) + SegmentHeader.size, count: Int(header.storedLength))
        let isText = kind == .data && header.encoding == .text
        // Blocks of text are counted when they are read.
        ReadTally.read(isText ? Int(clamping: header.parameter) : stored.count)
        guard !verified else { return }
        guard !isText || header.parameter <= header.storedLength else {
            throw place.corrupt("a text segment whose head is longer than itself")
        }
        let summed = isText ? try stored.slice(offset: 0, count: Int(header.parameter)) : stored
        guard Checksum.xxh3(summed) == header.checksum else {
            throw place.corrupt("the checksum of a \(kind) segment is wrong")
        }
    }

    /// The payload without its codec.
    var raw: ByteView {
        get throws { try header.codec.decompress(stored, rawLength: Int(header.rawLength)) }
    }
}
