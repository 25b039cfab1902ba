import LakeBytes
import LakeCore

/// Which version of a table is meant.
///
///     12                        the version of that number
///     tag:paper                 the version that was tagged so
///     2026-01-31T12:00Z         the newest one as of then; a date alone is its midnight, UTC
public enum VersionSelector: Hashable, Sendable, CustomStringConvertible {
    /// The newest version.
    case newest
    /// The version of a number, from 1.
    case number(Int)
    /// The version that a tag holds.
    case tag(String)
    /// The newest version that was there at a time, in microseconds since 1970-01-01T00:00:00Z.
    case time(Int64)

    private static let tagPrefix = "tag:"

    /// Reads a version as people write it.
    /// - Throws: `LakeError` (usage) saying what a version looks like.
    public init(parsing text: String) throws(LakeError) {
        if text.hasPrefix(VersionSelector.tagPrefix) {
            let name = String(text.dropFirst(VersionSelector.tagPrefix.count))
            try Lake.checkTagName(name)
            self = .tag(name)
        } else if !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }) {
            guard let number = Int(text), (1..<1_000_000_000_000_000).contains(number) else {
                throw LakeError(.usage, "there is no version \(text.prefix(40))", hint: "versions are numbered from 1")
            }
            self = .number(number)
        } else if let micros = CalendarText.micros(parsing: text) {
            self = .time(micros)
        } else {
            throw LakeError(
                .usage, "'\(text.prefix(140))' is no version",
                hint: "write a number (12), a tag (tag:paper), a date (2026-01-31) or a time (2026-01-31T12:00Z)")
        }
    }

    /// As it is written; `newest` for the newest.
    public var description: String {
        switch self {
        case .newest: "newest"
        case .number(let number): String(number)
        case .tag(let name): VersionSelector.tagPrefix + name
        case .time(let micros): CalendarText.timestamp(micros)
        }
    }
}

/// A lake as people name it: its directory, and behind an @ the version of its tables that they want to see.
///
///     lake        lake@12        lake@tag:paper        lake@2026-01-31
public struct LakeAddress: Hashable, Sendable {
    /// The lake's directory.
    public var path: String
    /// The version of its tables.
    public var selector: VersionSelector

    /// Reads an address. A directory that has an @ in its name is meant itself where it exists.
    /// - Throws: `LakeError` (usage) when what stands behind the @ is no version.
    public init(parsing text: String, store: any Store = LocalStore()) throws(LakeError) {
        path = text
        selector = .newest
        guard let at = text.lastIndex(of: "@"), at != text.startIndex, try store.size(text) == nil else { return }
        let version = text[text.index(after: at)...]
        // No version has a slash: this is a directory that is not there.
        if version.contains("/") { return }
        path = String(text[..<at])
        do throws(LakeError) {
            selector = try VersionSelector(parsing: String(version))
        } catch {
            throw error.located(.init(file: text))
        }
    }
}

extension Lake {
    /// Opens a lake as of a version, as in `lake@12`.
    /// - Throws: `LakeError`: as `open(at:)`, usage when what stands behind the @ is no version.
    public static func open(
        address: String, store: any Store = LocalStore()
    ) throws -> (lake: Lake, selector: VersionSelector) {
        let address = try LakeAddress(parsing: address, store: store)
        return (try open(at: address.path, store: store), address.selector)
    }

    /// The names of the tables that have a version, ascending.
    /// - Throws: `LakeError`: missing when there are tables and none has it.
    public func tables(at selector: VersionSelector) throws -> [String] {
        let all = try tables()
        if selector == .newest { return all }
        var absent: LakeError?
        let names = try all.filter { name in
            do {
                _ = try TableDirectory(name: name, lake: self).version(selector)
                return true
            } catch let error as LakeError where error.code == .missing {
                absent = absent ?? error
                return false
            }
        }
        if names.isEmpty, let absent { throw absent }
        return names
    }

    /// Says why a lake cannot be changed that was named with a version.
    /// - Throws: `LakeError` (usage), unless the newest version was meant.
    public static func checkChangeable(_ address: String, _ selector: VersionSelector) throws(LakeError) {
        guard selector != .newest else { return }
        throw LakeError(
            .usage, "an earlier version cannot be changed, nor is this done with one", at: .init(file: address),
            hint: "name the lake without '@\(selector)'; 'alphalake restore' brings back the rows of a version")
    }
}

extension TableDirectory {
    /// The number of the version that is meant, whether or not its file is still there for a tagged one.
    /// - Throws: `LakeError`: missing when there is none, saying which there are.
    public func version(_ selector: VersionSelector) throws -> Int {
        try locating(.init(table: name)) {
            switch selector {
            case .newest: return try latestVersion()
            case .tag(let name): return try tag(name).version
            case .time(let time): return try version(at: time)
            case .number(let number):
                let all = try versions()
                guard let first = all.first, let last = all.last else {
                    throw LakeError(.missing, "no table '\(name)'")
                }
                if all.contains(number) { return number }
                throw LakeError(
                    .missing, "no version \(number) of '\(name)'", at: .init(file: versionPath(number)),
                    hint: "there are the versions \(first) to \(last)")
            }
        }
    }

    /// The newest version that was there at a time.
    private func version(at time: Int64) throws -> Int {
        let lease = try leaseOldestVersion()
        defer { lease.release() }
        let all = try versions()
        guard let first = all.first else { throw LakeError(.missing, "no table '\(name)'") }
        // Times of versions never decrease: all before `low` are of that time or earlier, all from `high` on later.
        var (low, high) = (0, all.count)
        while low < high {
            let middle = (low + high) / 2
            if try record(all[middle]).timestamp <= time { low = middle + 1 } else { high = middle }
        }
        if low > 0 { return all[low - 1] }
        let begins = CalendarText.timestamp(try record(first).timestamp)
        throw LakeError(
            .missing,
            first == 1
                ? "'\(name)' did not exist yet at \(CalendarText.timestamp(time))"
                : "the versions of '\(name)' at \(CalendarText.timestamp(time)) have been vacuumed",
            hint: first == 1
                ? "its first version is of \(begins)" : "the earliest that is left, version \(first), is of \(begins)")
    }

    /// The manifest of a version.
    /// - Throws: as `version(_:)` and `manifest(version:)`.
    public func manifest(at selector: VersionSelector) throws -> Manifest {
        switch selector {
        case .newest: try manifest()
        case .tag(let name): try locating(.init(table: self.name)) { try tag(name).manifest }
        case .number, .time: try manifest(version: try version(selector))
        }
    }

    /// Opens a version for reading.
    /// - Parameter known: an earlier snapshot, whose manifest is not decoded again when it is still the same.
    /// - Throws: as `version(_:)` and `manifest(version:)`.
    public func snapshot(at selector: VersionSelector, known: Snapshot? = nil) throws -> Snapshot {
        switch selector {
        case .newest: try snapshot(known: known)
        case .tag(let name): try locating(.init(table: self.name)) { try snapshot(tag: name) }
        case .number, .time: try snapshot(version: try version(selector), known: known)
        }
    }
}
