import LakeBytes
import LakeCore

extension Operation {
    /// Damage was mended, or what was damaged left the table.
    public static let repair = Operation(rawValue: "repair")
}

/// What repairs took out of a table because it was damaged, as their versions say it in `details`.
struct KnownLosses {
    /// The name of the detail: files as `shards/FILE` and `deletions/FILE`, with commas between.
    static let detail = "quarantined"

    /// By file the number of the version that took it out; none that the newest version lists.
    private(set) var versions: [String: Int] = [:]

    /// Reads the versions that are there; what cannot be read says nothing.
    init(_ table: TableDirectory) throws {
        for number in try table.versions() {
            guard let record = try? table.record(number), record.operation == .repair,
                let files = record.details[KnownLosses.detail]
            else { continue }
            for file in files.split(separator: ",") { versions[String(file)] = number }
        }
        guard !versions.isEmpty, let newest = try? table.manifest() else { return }
        for shard in newest.shards {
            for file in shard.files { versions["shards/" + file.name] = nil }
            if let deletion = shard.deletion { versions["deletions/" + deletion.file] = nil }
        }
    }
}

extension Validation {
    /// Makes notes of what is wrong with files that a repair has taken out of the table: that is known, and stays so for as long as
    /// earlier versions or tags list them.
    func noteKnownLosses(_ report: inout Report) throws {
        guard report.findings.contains(where: { $0.severity == .error }) else { return }
        let known = try KnownLosses(table).versions
        guard !known.isEmpty else { return }
        let names = Dictionary(
            known.map { (joinPath(table.path, $0.key), $0.value) }, uniquingKeysWith: { first, _ in first })
        report.findings = report.findings.map { finding in
            guard finding.severity == .error, let file = finding.location.file, let version = names[file] else {
                return finding
            }
            var finding = finding
            finding.severity = .note
            finding.message += "; version \(version), a repair, took it out of the table"
            finding.remedy =
                "restore the file from a copy if you have one; versions and tags that list it cannot be read whole without it"
            return finding
        }
    }
}
