import LakeBytes
import LakeCore

extension Validation {
    /// Checks presence, digest and inside of every file of deletions, and that its rows are rows of its shard.
    func checkDeletions(_ deletions: [ReferencedDeletion]) -> [Finding] {
        deletions.compactMap { deletion in
            var shard = deletion.shard
            shard.deletion = deletion.entry
            do {
                _ = try table.deletions(of: shard)
                return nil
            } catch let error as LakeError {
                return Finding(error)
            } catch {
                return Finding(
                    .error, at: .init(file: table.deletionPath(deletion.entry.file)), "\(error)",
                    remedy: "restore the file from a copy")
            }
        }
    }
}
