import LakeBytes
import LakeCore
import Synchronization

/// Further columns for the rows of a shard, in a file of their own: a shard with as many rows and without key groups, opened when
/// one of its columns is first touched.
///
/// Safe for any number of threads.
public final class ShardCompanion: Sendable {
    /// The ids of its fields, as the manifest lists them.
    public let fields: [Int]
    private let open: @Sendable () throws -> ShardReader
    private let reader = Mutex<ShardReader?>(nil)

    /// - Parameter open: opens the file; called again after it has thrown.
    public init(fields: [Int], open: @escaping @Sendable () throws -> ShardReader) {
        self.fields = fields
        self.open = open
    }

    /// The file, opened once.
    /// - Parameter rows: of the shard.
    /// - Throws: what opening it throws; `LakeError` (corrupt) for a file that is no companion of the shard.
    func opened(rows: Int) throws -> ShardReader {
        if let known = reader.withLock({ $0 }) { return known }
        let opened = try open()
        if let fault = opened.fault(asCompanionWith: fields, rows: rows) {
            throw LakeError(
                .corrupt, fault, at: .init(file: opened.path), hint: "restore the file from a copy")
        }
        return reader.withLock { known in
            if let known { return known }
            known = opened
            return opened
        }
    }
}

extension ShardReader {
    /// What keeps the file from being a companion of a shard; nil when nothing does.
    /// - Parameters:
    ///   - fields: the ids of the fields that it is to have.
    ///   - rows: of the shard.
    public func fault(asCompanionWith fields: [Int], rows: Int) -> String? {
        if rowCount != rows { return "a companion of \(rowCount) rows, and its shard has \(rows)" }
        if !groups.isEmpty { return "a companion with key groups" }
        guard let missing = fields.first(where: { field(id: $0) == nil }) else { return nil }
        return "a companion without the column of id \(missing), which the manifest lists"
    }

    /// The type of a field's values in its file.
    /// - Throws: `LakeError` when it is in a companion that cannot be opened.
    public func type(ofField field: Int) throws -> DataType {
        guard let (reader, field) = try companion(ofField: field) else { return fields[field].type }
        return reader.fields[field].type
    }

    /// Where a field behind the shard's own is; nil for one of these.
    func companion(ofField field: Int) throws -> (reader: ShardReader, field: Int)? {
        guard field >= fields.count else { return nil }
        let (id, companion) = companionFields[field - fields.count]
        let reader = try companion.opened(rows: rowCount)
        guard let position = reader.field(id: id) else {
            throw LakeError(.corrupt, "a companion without the column of id \(id)", at: .init(file: reader.path))
        }
        return (reader, position)
    }
}
