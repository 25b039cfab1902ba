import LakeBytes
import LakeCore

/// Mends damage, or sets aside what cannot be mended, so that a table is whole again.
///
/// What can be made again byte for byte takes its old place: single changed bytes, headers, footers, indexes, tags. What cannot leaves
/// the table in a new version. Nothing is deleted: what is replaced is kept in the table's `quarantine/` (FORMAT.md, Repair). Rows
/// are only lost where an option says so.
///
///     TableRepair            one table, part by part
///     TableRepair+Versions   version files; the fall back to the newest intact one
///     TableRepair+Tags       tags
///     TableRepair+Files      shards and deletions
///     DamagedShard           what becomes of one shard
///     SealedRepair           single bytes of JSON files
///     Quarantine             where things are set aside
///     KnownLosses            what earlier repairs took out of a table
public struct Repair: Sendable {
    /// What may be done that loses something.
    public struct Options: Sendable {
        /// Let shards leave the table whose rows cannot be read, and versions whose files cannot be mended.
        public var dropDamaged = false
        /// Keep the rows of intact chunks of such shards.
        public var salvage = false
        /// Where deletions are damaged, bring the rows back that they deleted since the last intact ones.
        public var reviveDeleted = false

        public init() {}
    }

    /// Something damaged, and what becomes of it.
    public struct Item: Sendable, Equatable {
        /// What it is.
        public enum Kind: String, Sendable {
            case lake, version, tag, shard, deletions
        }

        /// What becomes of it.
        public enum Action: String, Sendable {
            /// The file is made again, byte for byte.
            case mend
            /// What it holds is written anew.
            case rewrite
            /// The newest intact version is the newest again.
            case fallBack = "fall back"
            /// It leaves the table, and is kept in the quarantine.
            case drop
            /// Nothing, as long as no option says more.
            case none
        }

        /// What it is.
        public var kind: Kind
        /// The table.
        public var table: String
        /// The name of the file, or of versions their numbers.
        public var name: String
        /// What is wrong.
        public var damage: String
        /// What becomes of it.
        public var action: Action
        /// In words.
        public var remedy: String
        /// Rows that the table loses by it.
        public var rowsLost = 0
    }

    /// How far the search for damage is, in bytes of shards.
    public typealias Progress = Validation.Progress

    /// What the options are, for help and hints.
    static let dropHint = "--drop-damaged takes it out of the table"

    private let lake: Lake
    private let damagedMarker: LakeError?
    private let tables: [String]?
    private let options: Options
    private let workers: Int?

    /// Opens a lake for repair, whose `alphalake.json` may be damaged.
    /// - Parameter tables: their names; nil for all of them.
    /// - Throws: `LakeError`: missing when there is no lake, corrupt for one of a newer format.
    public init(
        lakeAt path: String, tables: [String]? = nil, options: Options = Options(), workers: Int? = nil,
        store: any Store = LocalStore()
    ) throws {
        (lake, damagedMarker) = try Lake.openDamaged(at: path, store: store)
        self.tables = tables
        self.options = options
        self.workers = workers
    }

    /// What would be done. Changes nothing.
    public func preview(progress: @escaping @Sendable (Progress) -> Void = { _ in }) throws -> [Item] {
        try run(execute: false, progress)
    }

    /// Does it.
    /// - Throws: `LakeError`: conflict when a vacuum or another repair is at work, or another writer touched what was to be replaced.
    public func run(progress: @escaping @Sendable (Progress) -> Void = { _ in }) throws -> [Item] {
        try run(execute: true, progress)
    }

    private func run(execute: Bool, _ progress: @escaping @Sendable (Progress) -> Void) throws -> [Item] {
        var items: [Item] = []
        if let damagedMarker {
            items.append(
                Item(
                    kind: .lake, table: "", name: Lake.markerName, damage: damagedMarker.message, action: .mend,
                    remedy: "it always has the same bytes"))
            if execute { try mendMarker(damagedMarker.message) }
        }
        for name in try tables ?? lake.tables() {
            items += try locating(.init(table: name)) {
                let table = try lake.table(name)
                if execute { try lake.store.checkWritable(table.path) }
                guard let lease = try table.exclusiveLease() else {
                    throw LakeError(
                        .conflict, "a vacuum, a purge or another repair is at work", hint: "try again later")
                }
                defer { lease.release() }
                let repair = TableRepair(table, options, execute: execute, workers: workers, progress)
                try repair.run()
                return repair.items
            }
        }
        return items
    }

    private func mendMarker(_ damage: String) throws {
        try lake.store.checkWritable(lake.path)
        let quarantine = Quarantine(of: lake.path, lake.store)
        let bytes = ByteView(try Lake.markerBytes())
        try quarantine.replace(joinPath(lake.path, Lake.markerName), by: bytes, in: "lake", because: damage)
    }
}

extension Lake {
    /// Opens a lake; with what is wrong with its marker where that is damaged.
    static func openDamaged(at path: String, store: any Store) throws -> (Lake, LakeError?) {
        do {
            return (try open(at: path, store: store), nil)
        } catch let error as LakeError where [.corrupt, .missing].contains(error.code) {
            let lake = Lake(path: path, store: store)
            guard try !lake.tables().isEmpty else { throw error }
            let marker = joinPath(path, markerName)
            // What has its digest was written so: by a newer program.
            if error.code == .corrupt, let bytes = try? store.read(marker, limit: 1 << 20),
                (try? SealedJSON.verifiedDigest(of: bytes, path: marker)) != nil
            {
                throw error
            }
            return (lake, error)
        }
    }
}
