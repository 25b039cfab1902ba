import ArgumentParser
import LakeCore
import LakeShard
import LakeTable

struct ValidateCommand: LakeCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Check every byte and every invariant of a lake.",
        discussion: """
            Reads all shards of all versions: lengths, digests, the checksum of every segment, and that what is stored \
            agrees with itself. Every finding names the file, the place in it and what to do. Exit status 65 when \
            anything is wrong.

              alphalake validate lake
              alphalake validate lake responses --format jsonl
            """)

    @Argument(help: "The lake's directory.")
    var lake: String

    @Argument(help: "Tables to check; all of them by default.")
    var tables: [String] = []

    @Option(help: OutputFormat.help, transform: OutputFormat.parse)
    var format: OutputFormat = .table

    @OptionGroup var threads: ThreadOptions

    func run(_ console: Console) throws {
        let lake = try Lake.open(at: lake)
        let names = tables.isEmpty ? try lake.tables() : tables
        var (findings, versions, shards, bytes, isSound) = ([Finding](), 0, 0, 0, true)
        let started = ContinuousClock.now
        for name in names {
            let table = try lake.table(name)
            let progress = Progress("validating \(name)", total: nil, unit: .bytes, on: console)
            let report = try Validation(of: table, workers: threads.count).run { state in
                progress.update(done: state.doneBytes, total: state.totalBytes)
            } checkShard: { _, entry, _ in
                let path = table.shardPath(entry.file)
                return try ShardReader(path: path, store: table.store).check().map { Finding($0) }
            }
            progress.finish()
            findings += report.findings
            versions += report.versions
            shards += report.shards
            bytes += report.bytes
            isSound = isSound && report.isSound
            if format == .table { for finding in report.findings { try print(finding, console) } }
        }
        if format != .table { try printRows(findings, console) }
        try console.results.flush()
        let seconds = Progress.seconds(ContinuousClock.now - started)
        let covered = [
            Quantities.count(names.count, "table"), Quantities.count(versions, "version"),
            Quantities.count(shards, "shard"), Quantities.bytes(bytes),
        ]
        let errors = Quantities.count(findings.count { $0.severity == .error }, "error")
        let warnings = Quantities.count(findings.count { $0.severity == .warning }, "warning")
        console.note(
            "checked \(covered.joined(separator: ", ")) in \(Quantities.time(seconds: seconds)): "
                + (isSound ? "all sound" : "\(errors), \(warnings)"))
        if !isSound { throw ExitCode(65) }
    }

    /// A finding as an error is shown, with its severity in front.
    private func print(_ finding: Finding, _ console: Console) throws {
        let text = LakeError(.corrupt, finding.message, at: finding.location, hint: finding.remedy).description
        let severity =
            switch finding.severity {
            case .error: console.results.red("error:")
            case .warning: console.results.yellow("warning:")
            case .note: console.results.dim("note:")
            }
        try console.results.write("\(severity) \(text)\n")
    }

    private func printRows(_ findings: [Finding], _ console: Console) throws {
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
        try report.print(format, to: console.results)
    }
}
