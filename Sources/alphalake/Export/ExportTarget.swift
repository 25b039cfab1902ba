import LakeBytes
import LakeCore

/// The notation of an exported file.
enum ExportForm: String, CaseIterable {
    /// An object on each line.
    case jsonl
    /// One array of objects.
    case json
    case csv

    /// By the ending of a path; nil for other endings.
    init?(path: String) {
        let name = path.split(separator: "/").last ?? ""
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return nil }
        switch name[name.index(after: dot)...].lowercased() {
        case "jsonl", "ndjson": self = .jsonl
        case "json": self = .json
        case "csv": self = .csv
        default: return nil
        }
    }
}

/// Where an export goes: one file, or a directory of parts.
enum ExportTarget {
    case file(path: String, ExportForm)
    case directory(path: String, parts: Int)

    /// The most parts; their names have five digits.
    static let mostParts = 99_999

    /// - Parameters:
    ///   - path: a file with the ending of its form; else a directory.
    ///   - parts: into how many files rows are dealt; nil where nothing is said about it.
    /// - Throws: `LakeError` (usage) for a file in parts, and for names that may be either.
    init(_ path: String, parts: Int?, store: any Store) throws {
        var path = path
        let isMarked = path.hasSuffix("/") && path != "/"
        while path.hasSuffix("/"), path != "/" { path.removeLast() }
        let isDirectory = try isMarked || ExportTarget.isDirectory(path, store)
        if !isDirectory, let form = ExportForm(path: path) {
            guard parts == nil else {
                throw LakeError(
                    .usage, "--shards writes several files, and '\(path)' is the name of one",
                    hint: "name a directory, as in --to samples/ --shards 8")
            }
            self = .file(path: path, form)
            return
        }
        let name = path.split(separator: "/").last ?? ""
        guard isDirectory || !name.contains("."), !name.isEmpty, name != "-" else {
            throw LakeError(
                .usage, "what '\(path)' should hold cannot be told",
                hint: "files end in .jsonl, .json or .csv, a directory in /; `alphalake query` writes to pipes")
        }
        self = .directory(path: path, parts: parts ?? 1)
    }

    var path: String {
        switch self {
        case .file(let path, _), .directory(let path, _): path
        }
    }

    var isDirectory: Bool {
        if case .directory = self { true } else { false }
    }

    var form: ExportForm {
        switch self {
        case .file(_, let form): form
        case .directory: .jsonl
        }
    }

    var parts: Int {
        switch self {
        case .file: 1
        case .directory(_, let parts): parts
        }
    }

    /// `part-00003-of-00008.jsonl`
    static func partName(_ index: Int, of parts: Int) -> String {
        func digits(_ number: Int) -> String {
            String(repeating: "0", count: max(0, 5 - String(number).count)) + String(number)
        }
        return "part-\(digits(index))-of-\(digits(parts)).jsonl"
    }

    static func isDirectory(_ path: String, _ store: any Store) throws -> Bool {
        guard try store.size(path) != nil else { return false }
        // A file has no names in it.
        return (try? store.names(in: path)) != nil
    }
}
