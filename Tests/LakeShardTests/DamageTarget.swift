import LakeBytes
import LakeCore
import LakeShard
import Testing

/// An intact shard, what every way of reading it yields, and what must come of damage to it.
struct DamageTarget: Sendable {
    let name: String
    let bytes: [UInt8]
    let paths: [ReadPath]
    let outcomes: [ReadPath.Outcome]
    let segments: [ShardSegment]

    init(name: String, bytes: [UInt8]) throws {
        self.name = name
        self.bytes = bytes
        let reader = try DamageTarget.open(bytes, name)
        paths = ReadPath.all(of: reader)
        outcomes = try paths.map { path in try path.outcome(reader) }
        segments = try reader.segments()
        for (path, outcome) in zip(paths, outcomes) {
            if case .failure(let error) = outcome { Issue.record("\(name), \(path.name): \(error)") }
        }
    }

    static func open(_ bytes: [UInt8], _ name: String) throws -> ShardReader {
        try ShardReader(ByteView(bytes, source: name), path: name)
    }

    var bitCount: Int { bytes.count * 8 }

    /// What a position in the file belongs to.
    private enum Part {
        /// The header, the footer or the postscript: without them nothing can be read.
        case frame
        case segment(ShardSegment)
        case padding
    }

    private func part(of position: Int) -> Part {
        if position < 64 || position >= bytes.count - 64 { return .frame }
        var (low, high) = (0, segments.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if segments[middle].offset <= UInt64(position) { low = middle } else { high = middle }
        }
        let segment = segments[low]
        if position >= Int(segment.offset) + 64 + segment.storedBytes { return .padding }
        return segment.kind == .footer ? .frame : .segment(segment)
    }

    /// What is wrong with how the shard is read when bit `bit` is flipped; nil when all is as it should be.
    /// - Parameter thorough: also take the paths that cannot meet the bit.
    func faultOfFlipping(bit: Int, thorough: Bool = false) throws -> String? {
        var damaged = bytes
        damaged[bit / 8] ^= 1 << UInt8(bit % 8)
        return try fault(of: bit, thorough: thorough) { try DamageTarget.open(damaged, name) }
    }

    /// As above, with the damaged shard from `open`.
    func fault(of bit: Int, thorough: Bool = false, open: () throws -> ShardReader) throws -> String? {
        let part = part(of: bit / 8)
        let reader: ShardReader
        do {
            reader = try open()
        } catch let error as LakeError where error.code == .corrupt && error.location.offset != nil {
            if case .frame = part, error.location.file == name { return nil }
            return "opening fails: \(error)"
        }
        switch part {
        case .frame: return "a damaged header, footer or postscript is not noticed"
        case .padding: return thorough ? try firstFault(reader, of: paths.indices, segment: nil) : nil
        case .segment(let segment):
            var touched = paths.indices.filter { paths[$0].touches(node: segment.node, chunk: segment.chunk) }
            if touched.count > 200 {
                // The segment's own node is always among them; of the rest a few will do.
                touched = touched.filter { paths[$0].nodes.map { $0.count == 1 } ?? true || ($0 + bit) % 97 == 0 }
            }
            return try firstFault(reader, of: thorough ? Array(paths.indices) : touched, segment: segment)
        }
    }

    private func firstFault(
        _ reader: ShardReader, of indices: some Sequence<Int>, segment: ShardSegment?
    ) throws -> String? {
        var noticed = segment == nil
        for index in indices {
            let outcome = try paths[index].outcome(reader)
            if outcome == outcomes[index] { continue }
            guard case .failure(let error) = outcome else { return "\(paths[index].name): other values" }
            guard let segment else { return "\(paths[index].name): \(error)" }
            noticed = true
            let place = error.location
            guard place.file == name, place.offset != nil, segment.node == nil || place.column != nil || index == 1,
                segment.kind != .data || place.chunk != nil || index == 1
            else { return "\(paths[index].name): an error without its place: \(error)" }
        }
        return noticed ? nil : "the damaged \(segment.map { "\($0.kind)" } ?? "") segment is not noticed"
    }

    /// What is wrong with how the first `length` bytes are read.
    func faultOfTruncating(to length: Int) throws -> String? {
        do {
            _ = try DamageTarget.open(Array(bytes[..<length]), name)
        } catch let error as LakeError where error.code == .corrupt && error.location.file == name {
            return nil
        }
        return "a truncated shard can be opened"
    }
}
