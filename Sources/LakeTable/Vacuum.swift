import LakeBytes
import LakeCore

/// Removes what no version, tag or reader needs any more, in two steps: files are moved to the table's `trash/`, from which they
/// can be put back, and removed from there by a later vacuum (FORMAT.md, Vacuum).
public struct Vacuum: Sendable {
    /// How long things are kept unless said otherwise, in microseconds: seven days.
    public static let standardGrace: Int64 = 7 * 86_400_000_000

    /// Something that goes.
    public struct Item: Sendable, Equatable {
        /// What it is.
        public enum Kind: String, Sendable {
            case version, shard, deletions, tag, leftover, trash
        }

        /// What it is.
        public var kind: Kind
        /// The table that it is part of.
        public var table: String
        /// Its name, or of versions their numbers.
        public var name: String
        /// How many files it is.
        public var files: Int
        /// How many bytes they have.
        public var bytes: Int
        /// Why it goes.
        public var reason: String
    }

    /// What went, or would go.
    public struct Report: Sendable {
        /// By table.
        public var items: [Item] = []
        /// What stays that somebody may have expected to go, and why.
        public var notes: [String] = []

        /// Bytes that are moved to the trash.
        public var bytesMoved: Int { items.reduce(0) { $0 &+ ($1.kind == .trash ? 0 : $1.bytes) } }
        /// Bytes that are removed from the trash.
        public var bytesRemoved: Int { items.reduce(0) { $0 &+ ($1.kind == .trash ? $1.bytes : 0) } }
    }

    private let lake: Lake
    private let tables: [String]?
    private let grace: Int64

    /// - Parameters:
    ///   - tables: their names; nil for all of them.
    ///   - grace: microseconds that versions, files that nothing refers to, and trash are kept.
    public init(_ lake: Lake, tables: [String]? = nil, grace: Int64 = Vacuum.standardGrace) {
        self.lake = lake
        self.tables = tables
        self.grace = max(0, grace)
    }

    /// What would go now. Changes nothing.
    /// - Throws: as `run`.
    public func preview() throws -> Report { try run(execute: false) }

    /// Lets it go.
    /// - Throws: `LakeError`: conflict when another vacuum is at work, corrupt when a version or tag cannot be read: then nothing
    ///   of that table goes, because what it refers to is not known.
    public func run() throws -> Report { try run(execute: true) }

    private func run(execute: Bool) throws -> Report {
        var report = Report()
        let pins = PinnedVersions(lake)
        for name in try tables ?? lake.tables() {
            try locating(.init(table: name)) {
                let table = try lake.table(name)
                if execute { try lake.store.checkWritable(table.path) }
                guard let lease = try table.exclusiveLease() else {
                    throw LakeError(.conflict, "another vacuum or a purge is at work", hint: "try again later")
                }
                defer { lease.release() }
                var vacuum = try TableVacuum(table, pins, grace: grace, execute: execute)
                try vacuum.run()
                report.items += vacuum.items
                report.notes += vacuum.notes
            }
        }
        return report
    }
}
