import LakeBytes
import LakeCore
import Synchronization

/// Something that a validation found in a shard.
public struct ShardFinding: Sendable, Equatable {
    /// How bad a finding is.
    public enum Severity: String, Sendable {
        /// Readers give right answers, but the file is not as a writer should leave it.
        case warning
        /// Something cannot be read or contradicts itself.
        case error
    }

    public var severity: Severity
    public var location: LakeError.Location
    public var message: String
    /// What to do about it.
    public var remedy: String
}

/// Checks all that FORMAT.md says about a shard: checksums, reserved bytes, statistics, the index and key groups against
/// the values, and that everything stored twice agrees.
public struct ShardValidation: Sendable {
    /// How much is looked at.
    public enum Depth: Sendable {
        /// The checksum of every byte that has one; nothing is decoded.
        case checksums
        /// Every value, and everything that is said about it.
        case everything
    }

    /// How far a validation is, in bytes of segments; with depth everything, data counts twice.
    public struct Progress: Sendable {
        public var doneBytes: Int
        public var totalBytes: Int
    }

    public static let remedy =
        "`alphalake repair` mends what can be mended; else restore the file from a copy, or import its rows again with --replace"

    public let reader: ShardReader
    /// The table's schema, to which the shard's own must widen.
    public var schema: Schema?
    /// What the manifest says about the shard.
    public var rows: Int?
    public var depth = Depth.everything
    public var workers: Int?
    /// How many findings are wanted at most.
    public var limit = 100

    public init(of reader: ShardReader) { self.reader = reader }

    /// Checks the shard.
    /// - Returns: what is wrong, in the order of the parts of the file; empty for a sound shard.
    public func run(progress: @escaping @Sendable (Progress) -> Void = { _ in }) -> [ShardFinding] {
        let log = FindingLog(path: reader.path, limit: limit)
        var segments: [ShardSegment] = []
        log.attempt { segments = try checkLayout(log) }
        let payload = segments.reduce(0) { $0 + $1.storedBytes }
        let data = depth == .everything ? segments.reduce(0) { $0 + ($1.kind == .data ? $1.storedBytes : 0) } : 0
        let meter = Meter(total: payload + data, report: progress)
        checkPayloads(segments, log, meter)
        checkSchema(log)
        if let rows, rows != reader.rowCount {
            log.note("\(reader.rowCount) rows, the manifest says \(rows)", at: .init())
        }
        guard depth == .everything else { return log.findings }
        let rowsPerKey = checkGroups(log)
        checkNodes(log, meter, rowsPerKey: rowsPerKey)
        checkColumns(log)
        return log.findings
    }

    /// Runs `body` for every index on the workers; what it throws becomes a finding.
    func forEach(_ count: Int, _ body: @Sendable (Int) -> Void) {
        // The body does not throw, so neither does this.
        try? parallelFor(count: count, workers: workers) { body($0) }
    }
}

/// What has been found so far, by any thread.
final class FindingLog: Sendable {
    private let path: String
    private let limit: Int
    private let list = Mutex<[ShardFinding]>([])

    init(path: String, limit: Int) {
        self.path = path
        self.limit = limit
    }

    var findings: [ShardFinding] {
        list.withLock { $0 }.sorted { ($0.location.offset ?? 0) < ($1.location.offset ?? 0) }
    }

    func add(_ finding: ShardFinding) {
        var finding = finding
        finding.location.file = finding.location.file ?? path
        list.withLock { list in
            if list.count < limit, !list.contains(finding) { list.append(finding) }
        }
    }

    func note(_ message: String, at place: LakeError.Location, severity: ShardFinding.Severity = .error) {
        add(ShardFinding(severity: severity, location: place, message: message, remedy: ShardValidation.remedy))
    }

    /// Runs `body` and notes what it throws.
    /// - Returns: whether nothing was thrown.
    @discardableResult
    func attempt(_ column: String? = nil, chunk: Int? = nil, offset: UInt64? = nil, _ body: () throws -> Void) -> Bool {
        let place = LakeError.Location(file: path, column: column, chunk: chunk, offset: offset)
        do {
            try locating(place, body)
            return true
        } catch let error as LakeError {
            note(error.message, at: error.location)
        } catch {
            note("\(error)", at: place)
        }
        return false
    }
}

/// Counts bytes done by any thread.
final class Meter: Sendable {
    private let total: Int
    private let done = Mutex(0)
    private let report: @Sendable (ShardValidation.Progress) -> Void

    init(total: Int, report: @escaping @Sendable (ShardValidation.Progress) -> Void) {
        self.total = total
        self.report = report
    }

    func advance(_ bytes: Int) {
        let sum = done.withLock { done in
            // Lengths of a damaged directory may be anything.
            done = min(total, done + min(bytes, total))
            return done
        }
        report(ShardValidation.Progress(doneBytes: sum, totalBytes: total))
    }
}

extension ByteView {
    /// Where the first byte that is not zero stands, nil when all are zero.
    func firstNonZero(_ range: Range<Int>) throws -> Int? {
        for (index, byte) in try bytes(offset: range.lowerBound, count: range.count).enumerated() where byte != 0 {
            return range.lowerBound + index
        }
        return nil
    }
}
