import LakeBytes
import LakeCore
import LakeShard

/// Which shards of a version a compaction writes anew, and why.
///
/// Shards of different tags stay apart: importers find what they brought by them.
public struct CompactionPlan: Sendable {
    /// When a shard is written anew.
    public struct Policy: Sendable {
        /// Rows that a shard should have.
        public var rows = ShardEntry.maximumRows
        /// Bytes that a shard should have.
        public var bytes = Int(TableWriter.shardBytes)
        /// The share of deleted rows from which on a shard is written anew for their sake.
        public var deletedShare = 0.1
        /// Write every shard anew, whatever its size: to order the rows.
        public var isEverything = false

        public init() {}
    }

    /// Shards that become one, or as few as their rows need.
    public struct Group: Sendable {
        /// In the order of the table.
        public var shards: [ShardEntry]
        /// In words, for people.
        public var reason: String

        /// Rows that are not deleted.
        public var rows: Int { shards.reduce(0) { $0 + $1.liveRows } }
        /// Rows that are.
        public var deletedRows: Int { shards.reduce(0) { $0 + $1.rows - $1.liveRows } }
        /// Bytes of all their files.
        public var bytes: Int { shards.reduce(0) { $0 + $1.storedBytes } }
        /// How many files with further columns they have.
        public var companions: Int { shards.reduce(0) { $0 + $1.companions.count } }
    }

    /// The version that is planned for.
    public let snapshot: Snapshot
    /// What is to be done, in the order of the table.
    public private(set) var groups: [Group] = []

    /// A plan that was made elsewhere.
    init(_ snapshot: Snapshot, groups: [Group]) {
        self.snapshot = snapshot
        self.groups = groups
    }

    /// Plans a compaction.
    public init(_ snapshot: Snapshot, policy: Policy = Policy()) {
        self.snapshot = snapshot
        var order: [[String: String]] = []
        var byTags: [[String: String]: [ShardEntry]] = [:]
        for shard in snapshot.shards {
            if byTags[shard.tags] == nil { order.append(shard.tags) }
            byTags[shard.tags, default: []].append(shard)
        }
        for tags in order { plan(byTags[tags] ?? [], policy) }
        groups.sort { $0.shards[0].id < $1.shards[0].id }
    }

    private mutating func plan(_ shards: [ShardEntry], _ policy: Policy) {
        var open = Group(shards: [], reason: "")
        func isRipe(_ group: Group) -> Bool {
            group.shards.count > 1 || group.companions > 0
                || group.shards.contains { policy.isEverything || hasManyDeletions($0, policy) }
        }
        func close() {
            if isRipe(open) {
                open.reason = reason(open, policy)
                groups.append(open)
            }
            open = Group(shards: [], reason: "")
        }
        for shard in shards {
            let isSmall = shard.liveRows * 2 <= policy.rows && shard.storedBytes * 2 <= policy.bytes
            let isRipe = isSmall || policy.isEverything || !shard.companions.isEmpty || hasManyDeletions(shard, policy)
            guard isRipe else { continue }
            if open.rows + shard.liveRows > policy.rows || open.bytes + shard.storedBytes > policy.bytes { close() }
            open.shards.append(shard)
        }
        close()
    }

    private func hasManyDeletions(_ shard: ShardEntry, _ policy: Policy) -> Bool {
        shard.deletion.map { Double($0.rows) >= policy.deletedShare * Double(shard.rows) } ?? false
    }

    private func reason(_ group: Group, _ policy: Policy) -> String {
        var reasons: [String] = []
        if policy.isEverything { reasons.append("ordered anew") }
        if group.shards.count > 1, !policy.isEverything { reasons.append("\(group.shards.count) small shards") }
        if group.companions > 0 {
            reasons.append(group.companions == 1 ? "a companion" : "\(group.companions) companions")
        }
        if group.deletedRows > 0 { reasons.append("\(group.deletedRows) deleted rows") }
        return reasons.joined(separator: ", ")
    }
}
