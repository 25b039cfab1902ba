import ArgumentParser
import LakeCore
import LakeTable

struct TagCommand: LakeCommand {
    static let configuration = CommandConfiguration(
        commandName: "tag", abstract: "Give versions of tables a name, or list the names.",
        discussion: """
            A tagged version stays readable whatever vacuum removes, as LAKE@tag:NAME. Without a name the tags are listed. \
            A tag stays where it is unless --move says otherwise.

              alphalake tag lake
              alphalake tag lake paper --message "as submitted"
              alphalake tag lake paper --table responses --at 12 --move
              alphalake tag lake paper --delete
              alphalake query lake@tag:paper "SELECT count(*) FROM responses"
            """)

    @Argument(help: "The lake's directory.")
    var lake: String

    @Argument(help: "The tag: up to 128 letters, digits, '_', '-' or '.'.")
    var name: String?

    @Option(name: .customLong("table"), help: "A table to tag; may be given several times (default: all of them).")
    var tables: [String] = []

    @Option(
        name: .customLong("at"), help: ArgumentHelp("The version: 12, tag:draft or a time.", valueName: "version"))
    var version: String?

    @Option(help: "What to remember of it.")
    var message: String?

    @Flag(help: "Put a tag that there is on another version.")
    var move = false

    @Flag(help: "Take the tag away.")
    var delete = false

    @Option(help: OutputFormat.help, transform: OutputFormat.parse)
    var format: OutputFormat = .table

    func validate() throws {
        if name == nil, version != nil || message != nil || move || delete {
            throw ValidationError("which tag? write alphalake tag LAKE NAME")
        }
        if delete, version != nil || message != nil || move {
            throw ValidationError("--delete takes the tag away; it goes with --table alone")
        }
    }

    func run(_ console: Console) throws {
        let lake = try Lake.open(at: lake)
        guard let name else { return try list(lake, console) }
        try Lake.checkTagName(name)
        if delete { return try remove(name, lake, console) }
        let selector = try version.map { try VersionSelector(parsing: $0) } ?? .newest
        let chosen = try self.chosen(lake, having: selector)
        if !move {
            // All tables or none, as far as that can be told beforehand.
            for table in chosen where try table.tags().contains(name) {
                let there = try table.tag(name)
                throw LakeError(
                    .conflict, "there is a tag '\(name)' already, of version \(there.version)",
                    at: .init(table: table.name), hint: "choose another name, or move the tag with --move")
            }
        }
        for table in chosen {
            let tag = try table.makeTag(name, at: selector, message: message, isMove: move)
            console.note("version \(tag.version) of '\(table.name)' is '\(name)'")
        }
    }

    /// The tables that are named, or all that have the version.
    private func chosen(_ lake: Lake, having selector: VersionSelector) throws -> [TableDirectory] {
        let names = try tables.isEmpty ? lake.tables(at: selector) : tables
        guard !names.isEmpty else {
            throw LakeError(.missing, "the lake has no tables yet", hint: "`alphalake import` makes them")
        }
        return try names.map { name in
            let table = try lake.table(name)
            _ = try table.version(selector)
            return table
        }
    }

    private func remove(_ name: String, _ lake: Lake, _ console: Console) throws {
        let all = try (tables.isEmpty ? lake.tables() : tables).map { try lake.table($0) }
        let having = try all.filter { try $0.tags().contains(name) }
        if having.isEmpty || (!tables.isEmpty && having.count < all.count) {
            // The error of the first table that lacks it says which tags there are.
            for table in all { _ = try table.tag(name) }
            throw LakeError(.missing, "no table has a tag '\(name)'")
        }
        for table in having {
            try table.deleteTag(name)
            console.note("'\(table.name)' has no tag '\(name)' any more")
        }
    }

    private func list(_ lake: Lake, _ console: Console) throws {
        var report = ReportTable([
            OutputColumn("tag", .utf8), OutputColumn("table", .utf8), OutputColumn("version", .int64),
            OutputColumn("time", .timestamp), OutputColumn("rows", .int64), OutputColumn("tagged", .timestamp),
            OutputColumn("message", .utf8),
        ])
        var found: [(table: String, tag: Tag)] = []
        for name in try tables.isEmpty ? lake.tables() : tables {
            let table = try lake.table(name)
            for tag in try table.tags() {
                found.append((name, try locating(.init(table: name)) { try table.tag(tag) }))
            }
        }
        for (table, tag) in found.sorted(by: { ($0.tag.name, $0.table) < ($1.tag.name, $1.table) }) {
            report.append([
                .text(tag.name), .text(table), .integer(tag.version), .timestamp(tag.timestamp),
                .integer(tag.manifest.rows), .timestamp(tag.created), .text(tag.message),
            ])
        }
        if report.isEmpty {
            console.note("no tags yet; `alphalake tag \(self.lake) NAME` makes one")
            if format == .table { return }
        }
        try report.print(format, to: console.results)
    }
}
