import LakeBytes
import LakeCore

/// Something that a validation found.
public struct Finding: Sendable, Equatable {
    /// How bad it is.
    public enum Severity: String, Sendable, Comparable {
        /// Worth knowing, harmless.
        case note
        /// Readers give right answers, but something is not as it should be.
        case warning
        /// Something cannot be read or is not what was written.
        case error

        /// By badness: note, warning, error.
        public static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }
        private var rank: Int { self == .note ? 0 : self == .warning ? 1 : 2 }
    }

    /// How bad it is.
    public var severity: Severity
    /// Where it is.
    public var location: LakeError.Location
    /// What is wrong.
    public var message: String
    /// What to do about it.
    public var remedy: String

    /// A finding; `remedy` says what to do about it.
    public init(_ severity: Severity, at location: LakeError.Location, _ message: String, remedy: String) {
        self.severity = severity
        self.location = location
        self.message = message
        self.remedy = remedy
    }

    /// A failure as a finding of severity error.
    public init(_ error: LakeError, remedy: String = "restore the file from a copy") {
        self.init(.error, at: error.location, error.message, remedy: error.hint ?? remedy)
    }
}

/// Checks every invariant of tables: the chain of versions, the tags, that every shard that any of them lists is there, byte for
/// byte, and that what derived columns read is there. What is inside of a shard is checked by a closure, such as `everything(in:)`.
public struct Validation: Sendable {
    /// How far a validation is, in bytes of shards.
    public struct Progress: Sendable {
        /// Bytes of the shards checked so far.
        public var doneBytes: Int
        /// Bytes of all shards that are going to be checked.
        public var totalBytes: Int
        /// The table being checked.
        public var table: String
    }

    /// What one validation covered and found.
    public struct Report: Sendable {
        /// In the order of versions, other files, shards.
        public var findings: [Finding] = []
        /// How many version files there are.
        public var versions = 0
        /// How many tags there are.
        public var tags = 0
        /// How many shards any version or tag lists.
        public var shards = 0
        /// Bytes of all files of those shards.
        public var bytes = 0

        /// Whether nothing is wrong; notes do not count.
        public var isSound: Bool { findings.allSatisfy { $0.severity == .note } }
    }

    /// Checks the inside of a shard whose bytes are what the manifest says. `schema` is that of the version that added
    /// the shard, which is as wide as the shard's own or wider. Called from several threads.
    public typealias ShardCheck = @Sendable (MappedFile, ShardEntry, _ schema: Schema) throws -> [Finding]

    /// What is checked.
    public let table: TableDirectory
    /// How many threads check; nil for `defaultWorkers`.
    public var workers: Int?

    /// A validation of one table, which has yet to run.
    public init(of table: TableDirectory, workers: Int? = nil) {
        self.table = table
        self.workers = workers
    }

    /// Checks the table.
    /// - Parameter checkShard: what is checked inside of shards; nothing if nil.
    /// - Throws: only what keeps the check from going on at all, such as a table that is not there.
    public func run(
        progress: @Sendable (Progress) -> Void = { _ in }, checkShard: ShardCheck? = nil
    ) throws -> Report {
        // The leases keep vacuum from taking files while they are being checked.
        let leases = try [table.leaseVersion(nil).1, table.leaseOldestVersion()]
        defer { for lease in leases { lease.release() } }
        var report = Report()
        let versions = try checkVersions(&report)
        let (referenced, deletions) = try adding(
            tagged: &report, versions.shards, versions.deletions, purged: versions.purged)
        try checkNames(
            &report, referenced: Set(referenced.flatMap(\.entry.files).map(\.name)),
            deletions: versions.purges.union(deletions.map(\.entry.file)))
        report.findings += try checkDerived()
        report.findings += checkDeletions(deletions)
        report.shards = referenced.count
        report.bytes = referenced.reduce(0) { $0 &+ $1.entry.storedBytes }
        report.findings += try checkShards(referenced, progress: progress, checkShard: checkShard)
        if checkShard != nil { report.findings += try checkSurrogateKeys() }
        try noteKnownLosses(&report)
        report.findings = report.findings.map { finding in
            var finding = finding
            finding.location.table = table.name
            return finding
        }
        return report
    }

    /// A file of deletions that some version lists, with its shard.
    struct ReferencedDeletion: Sendable {
        var shard: ShardEntry
        var entry: DeletionEntry
    }

    /// A shard that some version lists, with the schema of the first version that does, and all companions that any of them lists.
    /// Which of its rows are deleted changes from version to version, and is left out.
    struct ReferencedShard: Sendable {
        private(set) var entry: ShardEntry
        let schema: Schema
        /// By the files of its companions, the schemas of the first versions that list these.
        private var later: [String: Schema]

        /// - Parameter known: what earlier versions say of the shard.
        init(_ entry: ShardEntry, _ schema: Schema, after known: ReferencedShard? = nil) {
            self.entry = entry
            self.entry.deletion = nil
            self.entry.companions = known?.entry.companions ?? []
            self.schema = known?.schema ?? schema
            later = known?.later ?? [:]
            add(entry.companions, schema)
        }

        mutating func add(_ companions: [CompanionEntry], _ schema: Schema) {
            for companion in companions where later[companion.file] == nil {
                later[companion.file] = schema
                entry.companions.append(companion)
            }
        }

        /// The schema that a companion was written for; deleted rows may be NULL in it whatever the column says.
        func schema(of companion: CompanionEntry) -> Schema {
            var schema = later[companion.file] ?? schema
            for field in schema.fields.indices { schema.fields[field].nullable = true }
            return schema
        }
    }
}
