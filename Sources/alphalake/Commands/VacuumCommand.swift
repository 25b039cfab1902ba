import ArgumentParser
import LakeCore
import LakeTable

struct VacuumCommand: LakeCommand {
    static let configuration = CommandConfiguration(
        commandName: "vacuum", abstract: "Remove what no version, tag or reader needs any more.",
        discussion: """
            Without --execute nothing happens: what would go is listed with the reason.

              alphalake vacuum lake
              alphalake vacuum lake responses --older-than 30d --execute

            The newest version stays, and all that were the newest within the grace period, that are tagged or being read, or that a derived \
            column pins; the oldest of these is rewritten so that it stands by itself. The version files before it go, and \
            files that nothing lists any more and that are older than the grace period. They are moved to LAKE/tables/TABLE/trash, from which \
            they can be moved back; a vacuum removes what has been there for the grace period.
            """)

    @Argument(help: "The lake's directory.")
    var lake: String

    @Argument(help: "Tables; all of them by default.")
    var tables: [String] = []

    @Option(
        name: .customLong("older-than"), parsing: .unconditional,
        help: ArgumentHelp("The grace period, as in 12h, 7d or 4w (default: 7d).", valueName: "time"),
        transform: Duration.parse)
    var grace: Int64 = Vacuum.standardGrace

    @Flag(help: "Do it.")
    var execute = false

    @Option(help: OutputFormat.help, transform: OutputFormat.parse)
    var format: OutputFormat = .table

    func run(_ console: Console) throws {
        let lake = try Lake.open(at: lake)
        let vacuum = Vacuum(lake, tables: tables.isEmpty ? nil : tables, grace: grace)
        let result = try execute ? vacuum.run() : vacuum.preview()
        var report = ReportTable([
            OutputColumn("table", .utf8), OutputColumn("what", .utf8), OutputColumn("name", .utf8),
            OutputColumn("files", .int64), OutputColumn("bytes", .int64), OutputColumn("why", .utf8),
        ])
        for item in result.items {
            report.append([
                .text(item.table), .text(item.kind.rawValue), .text(item.name), .integer(item.files),
                .integer(item.bytes), .text(item.reason),
            ])
        }
        if !(report.isEmpty && format == .table) { try report.print(format, to: console.results) }
        for note in result.notes { console.note(note) }
        let (moved, removed) = (Quantities.bytes(result.bytesMoved), Quantities.bytes(result.bytesRemoved))
        if result.items.isEmpty {
            console.note("nothing to remove")
        } else if execute {
            console.note("moved \(moved) to the trash, removed \(removed) from it")
        } else {
            console.note("\(moved) would be moved to the trash, \(removed) removed from it; --execute does it")
        }
    }

    /// Lengths of time as values of options.
    enum Duration {
        /// Microseconds of a whole number with s, m, h, d or w.
        /// - Throws: `ValidationError` for what is none.
        static func parse(_ text: String) throws -> Int64 {
            let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800]
            guard let unit = text.last.flatMap({ units[$0] }), let number = Int64(text.dropLast()),
                (0..<1_000_000_000_000 / unit).contains(number), !text.hasPrefix("+")
            else {
                throw ValidationError("it must be a whole number with s, m, h, d or w, as in --older-than 7d")
            }
            return number * unit * 1_000_000
        }
    }
}
