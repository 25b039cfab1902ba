import LakeBytes
import LakeCore

/// The file under a `ShardWriter`: aligned segments one after another, and the digest of everything written.
final class ShardFile {
    private let file: any StoreFile
    private let digest = FileDigest()
    private(set) var segments = 0

    init(store: any Store, path: String) throws {
        file = try store.create(path)
        try write(ShardFormat.header())
    }

    var size: UInt64 { file.size }

    /// Writes a segment and returns its offset. Lengths and checksum are filled in; `header.rawLength` is taken as given
    /// when a codec is set.
    func append(_ header: SegmentHeader, payload: [UInt8]) throws -> UInt64 {
        try append(header, head: payload, headOnly: false, body: nil)
    }

    /// Writes a text segment: its checksum covers `head` alone, each block in `body` carries its own.
    func append(_ header: SegmentHeader, head: [UInt8], blocks body: Spool) throws -> UInt64 {
        try append(header, head: head, headOnly: true, body: body)
    }

    private func append(
        _ header: SegmentHeader, head: [UInt8], headOnly: Bool, body: Spool?
    ) throws -> UInt64 {
        try pad()
        let offset = file.size
        var header = header
        header.storedLength = UInt64(head.count + (body?.count ?? 0))
        if header.codec == .none { header.rawLength = header.storedLength }
        guard header.rawLength < 1 << 32, header.storedLength < 1 << 32 else {
            throw LakeError(
                .failed, "a chunk of one column takes more than 4 GiB", at: .init(file: file.path),
                hint: "split very large values over several columns or store them outside of the lake")
        }
        header.checksum = Checksum.xxh3(head)
        if headOnly { header.parameter = UInt64(head.count) }
        try write(header.bytes)
        try write(head)
        if let body { try body.forEachPiece { try write($0) } }
        segments += 1
        return offset
    }

    /// Writes the footer and the postscript, and makes the file last.
    /// - Returns: the file's size and digest.
    func finish(footer: [UInt8]) throws -> (bytes: UInt64, digest: Digest) {
        let offset = try append(SegmentHeader(.footer), payload: footer)
        try pad()
        try write(
            ShardFormat.postscript(footerOffset: offset, footer: footer, fileLength: file.size + 64))
        try file.sync()
        let size = file.size
        try file.close()
        return (size, digest.digest)
    }

    private func pad() throws {
        let rest = Int(file.size % UInt64(ShardFormat.alignment))
        if rest != 0 { try write([UInt8](repeating: 0, count: ShardFormat.alignment - rest)) }
    }

    private func write(_ bytes: [UInt8]) throws {
        digest.update(bytes)
        try file.append(bytes)
    }
}

/// Bytes set aside while a shard is being written: in memory while they are few, in an unnamed file beyond that.
final class Spool {
    private static let pieceBytes = 4 << 20
    /// Bytes kept in memory.
    private let memoryLimit: Int
    private let store: any Store
    private let path: String
    private var memory: [UInt8] = []
    private var file: (any StoreFile)?
    private(set) var count = 0

    init(store: any Store, near path: String, memoryLimit: Int = Spool.pieceBytes) {
        self.memoryLimit = min(memoryLimit, Spool.pieceBytes)
        self.store = store
        self.path = path
    }

    func append(_ bytes: [UInt8]) throws {
        memory.append(contentsOf: bytes)
        count += bytes.count
        guard memory.count > memoryLimit else { return }
        if file == nil { file = try store.scratch(near: path) }
        try file?.append(memory)
        memory.removeAll(keepingCapacity: true)
    }

    /// `length` bytes from `offset`, which must have been appended in one call.
    func read(at offset: Int, count length: Int) throws -> [UInt8] {
        let written = Int(file?.size ?? 0)
        if offset >= written { return Array(memory[(offset - written)..<(offset - written + length)]) }
        return try file?.read(at: UInt64(offset), count: length) ?? []
    }

    func forEachPiece(_ body: ([UInt8]) throws -> Void) throws {
        if let file {
            var offset: UInt64 = 0
            while offset < file.size {
                let length = Int(min(UInt64(Spool.pieceBytes), file.size - offset))
                try body(try file.read(at: offset, count: length))
                offset += UInt64(length)
            }
        }
        if !memory.isEmpty { try body(memory) }
    }

    func close() throws {
        try file?.close()
        file = nil
        memory = []
    }
}
