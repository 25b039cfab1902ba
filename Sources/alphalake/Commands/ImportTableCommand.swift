import ArgumentParser
import LakeBytes
import LakeCore
import LakeIngest
import LakeShard
import LakeTable

struct ImportTableCommand: LakeCommand {
    static let configuration = CommandConfiguration(
        commandName: "table", abstract: "Import JSONL, JSON or CSV files into a table.",
        discussion: """
            A table that does not exist is made, with the columns that the files have; they are shown. Otherwise the rows \
            are appended: columns are matched by name, new ones added, types widened where nothing is lost. \
            A file named - is standard input.

              alphalake import table lake ads ads.jsonl
              alphalake import table lake ads ads.csv --schema ads-schema.json
              zcat more.jsonl.gz | alphalake import table lake ads - --skip-bad
              alphalake import table lake ads corrected.jsonl --upsert ad_id
              alphalake import table lake ads ads.jsonl --surrogate-key ad

            A line that cannot become a row ends the import, with its number and the reason, and leaves the table as it \
            was; with --skip-bad such lines are left out and counted. `alphalake schema LAKE TABLE --format json` writes \
            a schema file to start from.

            With --upsert a row takes the place of those in the table that have the same key, in one step. With \
            --transaction NAME an import that is run twice adds its rows once, as long as vacuum has not taken the version of \
            the first time.

            With --surrogate-key ad a new table has a column ad whose values it gives itself: whole numbers from 0, each to \
            one row and never again, by which other tables refer to its rows (`alphalake help derive`). A row that takes the \
            place of another has that one's.
            """)

    @Argument(help: "The lake's directory.")
    var lake: String

    @Argument(help: "The table to make or to append to.")
    var name: String

    @Argument(help: "Input files; - for standard input.")
    var files: [String]

    @Option(help: "Columns and key groups of a new table, instead of what the files suggest.")
    var schema: String?

    @Option(help: "jsonl, json or csv; by default what the first bytes look like.", transform: InputFormat.parse)
    var format: InputFormat?

    @Option(help: "What stands between the fields of CSV: one character, or tab.", transform: InputFormat.delimiter)
    var delimiter: UInt8?

    @Flag(help: "Leave out lines that cannot become rows.")
    var skipBad = false

    @Option(help: ArgumentHelp("Replace rows that have the same values in these columns.", valueName: "columns"))
    var upsert: String?

    @Option(
        name: .customLong("surrogate-key"),
        help: ArgumentHelp("Give each row of a new table a number of its own, in this column.", valueName: "column"))
    var surrogateKey: String?

    @OptionGroup var transaction: TransactionOptions

    @Flag(help: "Write these rows without indexes: queries answer the same, more slowly.")
    var noIndexes = false

    func validate() throws {
        if delimiter != nil && format != nil && format != .csv {
            throw ValidationError("--delimiter is for CSV")
        }
    }

    func run(_ console: Console) throws {
        let lake = try Lake.open(at: lake)
        let options = ImportOptions(
            format: format?.textFormat(delimiter: delimiter) ?? delimiter.map { .csv(CSVDialect(delimiter: $0)) },
            badLines: skipBad ? .skip(keeping: 5) : .fail)
        var shardOptions = ShardOptions()
        shardOptions.indexes = !noIndexes
        shardOptions.workers = defaultWorkers
        var load = TableLoad(
            lake: lake, name: name, input: try TableImport(paths: files, options: options),
            declared: try schema.map { try SchemaFile.read(path: $0) }, shardOptions: shardOptions,
            upsertKey: upsert?.split(separator: ",", omittingEmptySubsequences: false).map(String.init),
            transaction: transaction)
        load.surrogateKey = surrogateKey
        try load.run(console)
    }
}

/// The formats of `import table --format`.
enum InputFormat: String, CaseIterable {
    case jsonl, json, csv

    /// - Throws: `ValidationError` for other names.
    static func parse(_ text: String) throws -> InputFormat {
        guard let format = InputFormat(rawValue: text.lowercased()) else {
            throw ValidationError("formats are " + allCases.map(\.rawValue).joined(separator: ", "))
        }
        return format
    }

    /// - Throws: `ValidationError` for what is no single ASCII character.
    static func delimiter(_ text: String) throws -> UInt8 {
        if text == "tab" || text == "\\t" { return 0x09 }
        guard let byte = text.utf8.first, text.utf8.count == 1, byte >= 0x20 || byte == 0x09, byte < 0x7F,
            byte != UInt8(ascii: "\"")
        else { throw ValidationError("a delimiter is one character, or tab") }
        return byte
    }

    func textFormat(delimiter: UInt8?) -> TextFormat {
        switch self {
        case .jsonl: .jsonLines
        case .json: .json
        case .csv: .csv(CSVDialect(delimiter: delimiter ?? UInt8(ascii: ",")))
        }
    }
}
