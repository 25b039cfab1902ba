import LakeBytes
import LakeCore
import LakeShard

/// One way of reading a part of a shard, and which segments it may touch.
struct ReadPath: Sendable {
    /// What came out: a fingerprint of the values, or the error.
    enum Outcome: Equatable {
        case values(UInt64)
        case failure(LakeError)
    }

    var name: String
    /// The nodes whose segments are read; nil for the schema and for walks over all segments.
    var nodes: Set<Int>?
    /// The chunk whose data segments are read, nil for all.
    var chunk: Int?
    var read: @Sendable (ShardReader) throws -> UInt64

    /// - Throws: what is no `LakeError` (corrupt) naming the file.
    func outcome(_ reader: ShardReader) throws -> Outcome {
        do {
            return .values(try read(reader))
        } catch let error as LakeError where error.code == .corrupt && error.location.file != nil {
            return .failure(error)
        }
    }

    /// Whether the path reads the segment of a node and chunk (both nil for the schema's).
    func touches(node: Int?, chunk: Int?) -> Bool {
        guard let nodes else { return true }
        guard let node, nodes.contains(node) else { return false }
        return self.chunk == nil || chunk == nil || self.chunk == chunk
    }
}

extension ReadPath {
    /// Every way that there is to read `reader`.
    static func all(of reader: ShardReader) -> [ReadPath] {
        var paths = [
            ReadPath(name: "schema", nodes: nil) { Fingerprint.of(String(describing: try $0.schema())) },
            ReadPath(name: "segments", nodes: nil) { Fingerprint.of(try $0.segments().map(\.offset)) },
        ]
        for field in reader.fields.indices {
            for chunk in 0..<reader.chunkCount {
                paths.append(
                    ReadPath(name: "vector of field \(field)", nodes: vectorNodes(reader, field), chunk: nil) {
                        Fingerprint.of(try $0.vector(field: field, chunk: chunk))
                    })
            }
        }
        for group in reader.groups.indices where !reader.groups[group].isAbsent { paths += keys(reader, group) }
        for node in reader.nodes where !node.record.isAbsent { paths += values(reader, node) }
        return paths
    }

    private static func groupNodes(_ reader: ShardReader, _ group: Int) -> Set<Int> {
        var nodes: Set<Int> = []
        var next: KeyGroupReader? = reader.groups[group]
        while let group = next {
            nodes.formUnion([group.codeNode.number, group.countNode.number])
            next = group.parent
        }
        return nodes
    }

    private static func vectorNodes(_ reader: ShardReader, _ field: Int) -> Set<Int> {
        var nodes: Set<Int> = []
        if let node = try? reader.node(ofField: field, group: nil) { nodes.insert(node.number) }
        if let elements = try? reader.elements(ofField: field) { nodes.insert(elements.number) }
        for group in reader.groups(ofField: field) {
            nodes.formUnion(groupNodes(reader, group))
            if let node = try? reader.node(ofField: field, group: group) { nodes.insert(node.number) }
        }
        return nodes
    }

    private static func keys(_ reader: ShardReader, _ group: Int) -> [ReadPath] {
        let nodes = groupNodes(reader, group)
        var paths = [
            ReadPath(name: "rows per key of group \(group)", nodes: nodes) {
                Fingerprint.of(try $0.groups[group].rowsPerKey())
            }
        ]
        if reader.groups[group].parent != nil {
            paths.append(
                ReadPath(name: "parent firsts of group \(group)", nodes: nodes) {
                    Fingerprint.of(try $0.groups[group].parentFirsts())
                })
        }
        for chunk in 0..<reader.chunkCount {
            paths.append(
                ReadPath(name: "key codes of group \(group)", nodes: nodes, chunk: chunk) {
                    var codes: [UInt32] = []
                    try $0.groups[group].codes(chunk: chunk, into: &codes)
                    return Fingerprint.of(codes)
                })
            paths.append(
                ReadPath(name: "some key codes of group \(group)", nodes: nodes, chunk: chunk) {
                    let positions = stride(from: 0, to: Int32($0.rows(ofChunk: chunk)), by: 7).map { $0 }
                    let key = $0.groups[group]
                    var parents: [UInt32]?
                    if let parent = key.parent {
                        var all: [UInt32] = []
                        try parent.codes(chunk: chunk, into: &all)
                        parents = positions.map { all[Int($0)] }
                    }
                    let codes = try key.codes(chunk: chunk, at: positions, parentCodes: parents)
                    return Fingerprint.of(codes ?? [])
                })
            paths.append(
                ReadPath(name: "rows with keys of group \(group)", nodes: nodes, chunk: chunk) {
                    let count = $0.groups[group].keyCount
                    var some = Bitmap(count: count)
                    for key in stride(from: 0, to: count, by: 3) { some[key] = true }
                    let rows = try $0.groups[group].rows(withKeys: some, chunk: chunk)
                    let all = try $0.groups[group].rows(withKeys: Bitmap(count: count, filled: true), chunk: chunk)
                    return Fingerprint.of(rows?.words ?? []) &* 31 &+ Fingerprint.of(all?.words ?? [])
                })
        }
        return paths
    }

    private static func values(_ reader: ShardReader, _ node: NodeReader) -> [ReadPath] {
        let number = node.number
        let own: Set<Int> = [number]
        var paths = [
            ReadPath(name: "directory of node \(number)", nodes: own, chunk: -1) {
                Fingerprint.of(try $0.nodes[number].directory().map(\.offset))
            }
        ]
        if node.isDictionaryCoded {
            paths.append(
                ReadPath(name: "dictionary of node \(number)", nodes: own, chunk: -1) {
                    Fingerprint.of(try $0.nodes[number].dictionary().values)
                })
            paths.append(
                ReadPath(name: "counts of node \(number)", nodes: own, chunk: -1) {
                    let node = $0.nodes[number]
                    let totals = try node.counts()?.totals(codeCount: Int(node.nullCode) + 1) ?? []
                    return Fingerprint.of(totals)
                })
        }
        for chunk in 0..<node.chunkCount {
            paths.append(
                ReadPath(name: "values of node \(number)", nodes: own, chunk: chunk) {
                    try $0.nodes[number].fingerprint(chunk: chunk)
                })
            guard node.record.bitmaps != 0 else { continue }
            paths.append(
                ReadPath(name: "indexed rows of node \(number)", nodes: own, chunk: chunk) {
                    let (node, rows) = ($0.nodes[number], $0.rows(ofChunk: chunk))
                    var result: UInt64 = 0
                    for code in 0...node.nullCode {
                        let bitmap = try node.indexedRows(code: code, chunk: chunk, count: rows)
                        result = result &* 31 &+ Fingerprint.of(bitmap?.words ?? [])
                    }
                    return result
                })
        }
        return paths
    }
}

extension NodeReader {
    /// The chunk by the path that is made for its kind of values.
    fileprivate func fingerprint(chunk: Int) throws -> UInt64 {
        if isDictionaryCoded || record.role.role == .keyCodes || record.role.role == .rowCounts {
            // Key codes in pieces of sequences are the group's to read.
            if try directory()[chunk].encoding == .sequences { return 0 }
            var codes: [UInt32] = []
            try self.codes(chunk: chunk, into: &codes)
            return Fingerprint.of(codes)
        }
        switch type.physical {
        case .integer, .list:
            var values: [Int64] = []
            let validity = try integers(chunk: chunk, into: &values)
            return Fingerprint.of(values) &* 31 &+ Fingerprint.of(validity?.words ?? [])
        case .float:
            var values: [Double] = []
            let validity = try floats(chunk: chunk, into: &values)
            return Fingerprint.of(values) &* 31 &+ Fingerprint.of(validity?.words ?? [])
        case .bytes:
            let text = try self.text(chunk: chunk)
            var result: UInt64 = 0
            // Backwards and in leaps, so that blocks are decompressed one at a time and again.
            for row in stride(from: text.count - 1, through: 0, by: -max(1, text.count / 40)) {
                result = result &* 31 &+ Fingerprint.of(Array(try text.value(row))) &+ (text.isNull(row) ? 1 : 0)
            }
            return result
        }
    }
}

/// A number that stands for values: equal values have equal ones.
enum Fingerprint {
    static func of<Number: BitwiseCopyable>(_ numbers: [Number]) -> UInt64 {
        numbers.withUnsafeBytes { Checksum.xxh3(Array($0)) }
    }

    static func of(_ text: String) -> UInt64 { Checksum.xxh3(Array(text.utf8)) }

    static func of(_ vector: ColumnVector) -> UInt64 {
        let validity = of(vector.validity?.words ?? [])
        switch vector.values {
        case .integers(let values): return of(values) &* 3 &+ validity
        case .floats(let values): return of(values) &* 5 &+ validity
        case .bytes(let strings): return of(strings.offsets) &* 7 &+ of(strings.data) &+ validity
        case .codes(let codes, let dictionary): return of(codes) &* 11 &+ of(dictionary.values)
        case .lists(let offsets, let child): return of(offsets) &* 13 &+ of(child.vector) &+ validity
        }
    }
}
