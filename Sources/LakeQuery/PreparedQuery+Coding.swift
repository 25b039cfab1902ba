import LakeCore
import LakeShard
import LakeTable

extension PreparedQuery {
    /// Which columns of the result are text of the table as it stands there with a dictionary, so that whoever keeps
    /// dictionaries can choose a type for a whole result. It follows from the table's first shard: the batches of others,
    /// and sorted ones, may still come otherwise.
    /// - Throws: `LakeError` when the shard cannot be read.
    public func codedColumns() throws -> [Bool] {
        guard case .rows(let outputs, _) = plan, statement.explain == nil, let shard = snapshot.shards.first else {
            return columns.map { _ in false }
        }
        let scan = try scan(shard)
        return try outputs.map { output in
            guard case .field(let field, let type) = output, type.physical == .bytes else { return false }
            return try scan.isCoded(field)
        }
    }
}
