import ArgumentParser
import FoundationEssentials
import LakeBytes
import LakeCore
import LakeTable

struct ValidateCommand: LakeCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Check every byte and every invariant of a lake.",
        discussion: """
            Checks that every version follows from the one before, and that all shards, deletions and tags of all versions \
            are there, byte for byte, at the speed of the disk. With --deep also what is inside of the shards: the checksum \
            of every segment, statistics, counts, indexes and dictionaries against the values, the schema against the \
            table's; and it says the digest of the newest rows, which does not depend on their order. Every finding names \
            the file, the place in it and what to do. Exit status 65 when anything is wrong.

              alphalake validate lake
              alphalake validate lake responses --deep
              alphalake validate lake --format jsonl

            With --format jsonl the last line sums up (its severity is summary); json has findings and summary.
            """)

    @Argument(help: "The lake's directory.")
    var lake: String

    @Argument(help: "Tables to check; all of them by default.")
    var tables: [String] = []

    @Flag(help: "Read every value as well.")
    var deep = false

    @Option(help: OutputFormat.help, transform: OutputFormat.parse)
    var format: OutputFormat = .table

    @OptionGroup var threads: ThreadOptions

    func run(_ console: Console) throws {
        let lake = try Lake.open(at: lake)
        let names = tables.isEmpty ? try lake.tables() : tables
        let started = ContinuousClock.now
        var summary = ValidationSummary()
        var findings: [Finding] = []
        for name in names {
            let (report, content) = try ValidateCommand.validate(
                try lake.table(name), isDeep: deep, workers: threads.count, console)
            findings += report.findings
            summary.add(report, content)
            if format == .table { for finding in report.findings { try FindingText.print(finding, console) } }
        }
        summary.seconds = Progress.seconds(ContinuousClock.now - started)
        switch format {
        case .table: if deep { try printDigests(summary, console) }
        case .jsonl:
            try FindingText.report(findings).print(format, to: console.results)
            try console.results.write(try summary.line(severity: "summary") + "\n")
        case .json:
            try console.results.write("{\"findings\":")
            try FindingText.report(findings).print(format, to: console.results)
            try console.results.write(",\"summary\":" + summary.line(severity: nil) + "}\n")
        default: try FindingText.report(findings).print(format, to: console.results)
        }
        try console.results.flush()
        console.note(summary.text)
        if !summary.sound { throw ExitCode(65) }
    }

    /// Checks a table, and says what its newest rows are.
    static func validate(
        _ table: TableDirectory, isDeep: Bool, workers: Int, _ console: Console
    ) throws -> (Validation.Report, ValidationSummary.Content?) {
        let progress = Progress("validating \(table.name)", total: nil, unit: .bytes, on: console)
        defer { progress.finish() }
        let inside = isDeep ? Validation.everything(in: table, workers: workers) : nil
        let report = try Validation(of: table, workers: workers).run(
            progress: { progress.update(done: $0.doneBytes, total: $0.totalBytes) }, checkShard: inside)
        guard isDeep else { return (report, nil) }
        do {
            let snapshot = try table.snapshot()
            let digest = try snapshot.contentDigest(workers: workers)
            return (
                report,
                .init(
                    table: table.name, version: snapshot.manifest.version, rows: digest.rows,
                    digest: digest.description)
            )
        } catch let error as LakeError where [.corrupt, .missing].contains(error.code) {
            // Among the findings already.
            return (report, nil)
        }
    }

    private func printDigests(_ summary: ValidationSummary, _ console: Console) throws {
        var report = ReportTable([
            OutputColumn("table", .utf8), OutputColumn("version", .int64), OutputColumn("rows", .int64),
            OutputColumn("digest", .utf8),
        ])
        for content in summary.contents {
            report.append([
                .text(content.table), .integer(content.version), .integer(content.rows), .text(content.digest),
            ])
        }
        if !report.isEmpty { try report.print(.table, to: console.results) }
    }
}

/// What one or more validations covered and found, in numbers.
struct ValidationSummary: Encodable {
    /// What the newest rows of a table are.
    struct Content: Encodable {
        var table: String
        var version: Int
        var rows: Int
        var digest: String
    }

    private(set) var sound = true
    private var errors = 0
    private var warnings = 0
    private var notes = 0
    private var tables = 0
    private var versions = 0
    private var tags = 0
    private var shards = 0
    private var bytes = 0
    var seconds = 0.0
    private(set) var contents: [Content] = []

    mutating func add(_ report: Validation.Report, _ content: Content?) {
        sound = sound && report.isSound
        errors += report.findings.count { $0.severity == .error }
        warnings += report.findings.count { $0.severity == .warning }
        notes += report.findings.count { $0.severity == .note }
        tables += 1
        versions += report.versions
        tags += report.tags
        shards += report.shards
        bytes += report.bytes
        if let content { contents.append(content) }
    }

    /// As one line of JSON.
    func line(severity: String?) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let object = String(decoding: try encoder.encode(self), as: UTF8.self)
        // The severity stands first, as in the lines of findings.
        return severity.map { "{\"severity\":\"\($0)\"," + object.dropFirst() } ?? object
    }

    /// For people.
    var text: String {
        let covered = [
            Quantities.count(tables, "table"), Quantities.count(versions, "version"),
            Quantities.count(shards, "shard"), Quantities.bytes(bytes),
        ]
        let wrong = "\(Quantities.count(errors, "error")), \(Quantities.count(warnings, "warning"))"
        return "checked \(covered.joined(separator: ", ")) in \(Quantities.time(seconds: seconds)): "
            + (sound ? "all sound" : wrong)
    }
}

/// Findings for people and for programs.
enum FindingText {
    /// A finding as an error is shown, with its severity in front.
    static func print(_ finding: Finding, _ console: Console) throws {
        let text = LakeError(.corrupt, finding.message, at: finding.location, hint: finding.remedy).description
        let severity =
            switch finding.severity {
            case .error: console.results.red("error:")
            case .warning: console.results.yellow("warning:")
            case .note: console.results.dim("note:")
            }
        try console.results.write("\(severity) \(text)\n")
    }

    static func report(_ findings: [Finding]) -> ReportTable {
        var report = ReportTable([
            OutputColumn("severity", .utf8), OutputColumn("table", .utf8), OutputColumn("file", .utf8),
            OutputColumn("column", .utf8), OutputColumn("chunk", .int64), OutputColumn("offset", .int64),
            OutputColumn("message", .utf8), OutputColumn("remedy", .utf8),
        ])
        for finding in findings {
            let place = finding.location
            report.append([
                .text(finding.severity.rawValue), .text(place.table), .text(place.file), .text(place.column),
                .integer(place.chunk), .integer(place.offset.map { Int(clamping: $0) }), .text(finding.message),
                .text(finding.remedy),
            ])
        }
        return report
    }
}
