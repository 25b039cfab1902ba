import ArgumentParser
import FoundationEssentials
import LakeCore
import LakeTable

struct SchemaCommand: LakeCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Show the columns of a table.",
        discussion: """
            A key group is a set of columns that follow from a key; they are stored once per key instead of once per row. \
            The key's own columns are marked with *. Derived columns (`alphalake derive`) are shown with what they are \
            computed from. The values of a surrogate key are given by the table.

              alphalake schema lake responses

            With `--format json` the schema is printed as `import table --schema` reads it.
            """)

    @Argument(help: LakeName.help)
    var lake: String

    @Argument(help: "The table.")
    var table: String

    @Option(help: OutputFormat.help, transform: OutputFormat.parse)
    var format: OutputFormat = .table

    func run(_ console: Console) throws {
        let (lake, selector) = try Lake.open(address: lake)
        let schema = try lake.table(table).manifest(at: selector).schema
        if format == .json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            try console.results.write([UInt8](try encoder.encode(schema)))
            return try console.results.write("\n")
        }
        try SchemaCommand.print(schema, format, to: console.results)
    }

    static func print(_ schema: Schema, _ format: OutputFormat, to stream: StandardStream) throws {
        var columns = [
            OutputColumn("column", .utf8), OutputColumn("type", .utf8), OutputColumn("nullable", .utf8),
            OutputColumn(schema.surrogateKey == nil ? "key groups" : "keys", .utf8),
        ]
        if !schema.derived.isEmpty { columns.append(OutputColumn("derived from", .utf8)) }
        var report = ReportTable(columns)
        for field in schema.fields {
            let groups =
                schema.keyGroups.filter { $0.columns.contains(field.name) }
                .map { $0.key.contains(field.name) ? "\($0.name)*" : $0.name }
                + (field.isSurrogateKey ? ["surrogate key"] : [])
            var row: [ReportTable.Cell] = [
                .text(field.name), .text(field.type.description), .text(field.nullable ? "yes" : "no"),
                .text(groups.joined(separator: ", ")),
            ]
            if !schema.derived.isEmpty { row.append(.text("")) }
            report.append(row)
        }
        for field in schema.derived {
            report.append([
                .text(field.name), .text(field.type.description), .text("yes"), .text(""),
                .text(field.lookup.description),
            ])
        }
        try report.print(format, to: stream)
    }
}
