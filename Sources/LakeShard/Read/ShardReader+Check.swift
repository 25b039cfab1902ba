import LakeCore

extension ShardReader {
    /// Checks everything there is (see `ShardValidation`).
    /// - Parameter limit: how many errors to look for at most.
    /// - Returns: what is wrong, each with column, chunk and offset as far as they are known; empty for a sound shard.
    public func check(limit: Int = 100) -> [LakeError] {
        var validation = ShardValidation(of: self)
        validation.limit = limit
        return validation.run().filter { $0.severity == .error }
            .map { LakeError(.corrupt, $0.message, at: $0.location, hint: $0.remedy) }
    }
}
