import LakeBytes
import LakeCore

/// A file in `deletions/` as the manifest lists it: which rows of one shard are deleted.
public struct DeletionEntry: Hashable, Sendable, Codable {
    /// Name of the file in `deletions/`.
    public var file: String
    /// How many rows are deleted: at least one, fewer than the shard has.
    public var rows: Int
    /// Length of the file in bytes.
    public var bytes: Int
    /// XXH3-128 of the whole file.
    public var digest: Digest
    /// Keeps vacuum from the file until a version lists it.
    private var hold = FileHold()

    enum CodingKeys: String, CodingKey {
        case file, rows, bytes, digest
    }

    /// A finished, synced file.
    public init(file: String, rows: Int, bytes: Int, digest: Digest) {
        self.file = file
        self.rows = rows
        self.bytes = bytes
        self.digest = digest
    }

    /// The entry with what keeps vacuum from its file.
    func holding(_ lease: any StoreLease) -> DeletionEntry {
        var entry = self
        entry.hold = FileHold(lease)
        return entry
    }

    /// The entry as a version lists it, which keeps nobody from anything.
    var released: DeletionEntry {
        var entry = self
        entry.hold = FileHold()
        return entry
    }

    /// What keeps the entry from being valid for a shard of `rows` rows, nil when it is.
    func fault(shardRows: Int) -> String? {
        let short = file.prefix(80)
        if !Lake.isShardName(file) { return "'\(short)' cannot be the name of a file of deletions" }
        if !(1..<max(1, shardRows)).contains(rows) { return "'\(short)' deletes \(rows) of \(shardRows) rows" }
        if !(1...(1 << 30)).contains(bytes) { return "'\(short)' has \(bytes) bytes" }
        return nil
    }
}

/// Which rows of a shard are deleted. The shard itself never changes (FORMAT.md, Deletions).
public struct DeletionVector: Equatable, Sendable {
    private static let magic: UInt64 = 0x314C_4544_4C41_4B45  // "EKALDEL1" in the order of the file.
    private static let headerBytes = 24
    private static let chunkRows = 65_536

    /// A bit per row of the shard, set where the row is deleted.
    public private(set) var deleted: Bitmap

    /// No row of a shard of `rows` rows.
    public init(rows: Int) { deleted = Bitmap(count: rows) }

    /// Rows of the shard.
    public var rows: Int { deleted.count }
    /// How many of them are deleted.
    public var count: Int { deleted.population }

    /// Deletes some rows of the shard; those that are deleted already stay so.
    public mutating func delete(_ rows: Bitmap) { deleted.formUnion(rows) }

    /// The deleted rows of a chunk, counted within it; nil when there are none.
    public func rows(ofChunk chunk: Int) -> Bitmap? {
        let start = chunk * DeletionVector.chunkRows
        guard start < rows else { return nil }
        let part = deleted.slice(start..<min(rows, start + DeletionVector.chunkRows))
        return part.isEmpty ? nil : part
    }

    /// The file's bytes: magic, rows, deleted rows, length of the set, the set as Roaring's portable serialisation, XXH3-128
    /// of all that.
    func sealed() -> [UInt8] {
        let builder = RoaringBuilder()
        builder.add(deleted.positions.map { UInt32($0) })
        let set = builder.serialized()
        var writer = ByteWriter()
        writer.append(DeletionVector.magic)
        writer.append(UInt32(rows))
        writer.append(UInt32(count))
        writer.append(UInt64(set.count))
        writer.append(set)
        let digest = Digest(of: writer.bytes)
        writer.append(digest.low)
        writer.append(digest.high)
        return writer.bytes
    }

    /// Reads what `sealed` wrote.
    /// - Parameter rows: of the shard.
    /// - Throws: `LakeError` (corrupt) naming the file for everything that does not fit.
    init(_ bytes: ByteView, rows: Int) throws {
        let header = DeletionVector.headerBytes
        guard bytes.count >= header + 16 else { throw bytes.corrupt("a file of deletions that is cut short") }
        let digest = Digest(of: try bytes.slice(offset: 0, count: bytes.count - 16))
        guard try bytes.load(at: bytes.count - 16) == digest.low, try bytes.load(at: bytes.count - 8) == digest.high
        else { throw bytes.corrupt("the bytes of a file of deletions do not have its digest") }
        guard try bytes.load(at: 0) == DeletionVector.magic else { throw bytes.corrupt("not a file of deletions") }
        let (shardRows, count): (UInt32, UInt32) = (try bytes.load(at: 8), try bytes.load(at: 12))
        let length: UInt64 = try bytes.load(at: 16)
        guard shardRows == rows, length == bytes.count - header - 16 else {
            throw bytes.corrupt("deletions of a shard of \(shardRows) rows, which has \(rows)", at: 8)
        }
        try self.init(set: try bytes.slice(offset: header, count: Int(length)), rows: rows)
        guard deleted.population == count, count > 0 else {
            throw bytes.corrupt("\(deleted.population) deleted rows, \(count) are stated", at: 12)
        }
    }

    /// Reads the set alone, which has no digest of its own.
    init(set bytes: ByteView, rows: Int) throws {
        let set = try RoaringView(bytes)
        var words: [UInt64] = []
        words.reserveCapacity((rows + 63) / 64)
        for start in stride(from: 0, to: rows, by: DeletionVector.chunkRows) {
            let size = min(DeletionVector.chunkRows, rows - start)
            words += (try set.rows(ofChunk: start / DeletionVector.chunkRows, count: size) ?? Bitmap(count: size)).words
        }
        deleted = Bitmap(words: words, count: rows)
    }
}

extension TableDirectory {
    /// The directory of the deletion files, made when first used.
    public var deletionsPath: String { joinPath(path, "deletions") }

    /// Where a file of deletions is.
    public func deletionPath(_ file: String) -> String { joinPath(deletionsPath, file) }

    /// Writes and syncs a file of deletions for a commit. Vacuum leaves it alone while the entry lives.
    public func write(_ vector: DeletionVector) throws(LakeError) -> DeletionEntry {
        try store.createDirectory(deletionsPath)
        let bytes = vector.sealed()
        let file = randomHex() + ".deleted"
        let lease = try writeHeldFile(bytes, deletionPath(file), store)
        return DeletionEntry(file: file, rows: vector.count, bytes: bytes.count, digest: Digest(of: bytes))
            .holding(lease)
    }

    /// Removes files of deletions that are not going to be committed; what cannot be removed is left to vacuum.
    public func discard(_ deletions: [DeletionEntry]) {
        for deletion in deletions { try? store.remove(deletionPath(deletion.file)) }
    }

    /// The deleted rows of a shard; nil when it has none.
    /// - Throws: `LakeError`: `missing`, `corrupt` when the file is not the one that the manifest lists.
    public func deletions(of shard: ShardEntry) throws -> DeletionVector? {
        guard let entry = shard.deletion else { return nil }
        let path = deletionPath(entry.file)
        return try locating(.init(file: path, table: name)) {
            let file: MappedFile
            do throws(LakeError) {
                file = try store.map(path)
            } catch {
                guard error.code == .missing else { throw error }
                throw LakeError(
                    .missing, "the deletions of shard \(shard.id) are not there", at: .init(file: path),
                    hint: "restore the file from a copy; 'alphalake validate' names everything that is missing")
            }
            guard file.count == entry.bytes, Digest(of: file.view) == entry.digest else {
                throw LakeError(
                    .corrupt, "a file of deletions that is not the one the manifest lists", at: .init(file: path),
                    hint: "restore the file from a copy")
            }
            let vector = try DeletionVector(file.view, rows: shard.rows)
            guard vector.count == entry.rows else {
                throw LakeError(
                    .corrupt, "\(vector.count) deleted rows, the manifest says \(entry.rows)", at: .init(file: path))
            }
            return vector
        }
    }
}
