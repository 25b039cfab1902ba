import ArgumentParser
import LakeCore
import LakeQuery
import LakeTable

struct ColumnCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "column", abstract: "Add, drop, rename and widen columns of a table.",
        discussion: """
            Each is a new version; the other columns are not written anew, and earlier versions keep the columns and the \
            values that they had (`LAKE@VERSION`).

              alphalake column add lake responses young bool --as "age < '30'"
              alphalake column rename lake responses young under_30
              alphalake column widen lake people age int64
              alphalake column drop lake responses young
              alphalake restore lake responses 12
            """,
        subcommands: [
            ColumnAddCommand.self, ColumnDropCommand.self, ColumnRenameCommand.self, ColumnWidenCommand.self,
        ])
}

struct ColumnDropCommand: LakeCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop", abstract: "Take columns away.",
        discussion: """
            The values stay in the shards until `compact` writes these anew and `vacuum` takes the old files; `restore` brings \
            columns back with the rows of an earlier version. Columns that a key group depends on, or that a derived column reads, \
            cannot be dropped. A later column of the same name is another one: it begins with NULL.

              alphalake column drop lake responses young
              alphalake column drop lake people phone address
            """)

    @OptionGroup var place: TableArguments

    @Argument(help: "The columns to drop.")
    var names: [String]

    func run(_ console: Console) throws {
        let dropped = Set(names).count == names.count
        guard dropped else { throw LakeError(.usage, "a column is named twice", hint: "name each column once") }
        let manifest = try ColumnChange(place).commit(.dropColumn, ["columns": names.joined(separator: ", ")]) {
            try $0.dropping(names, table: place.table)
        }
        let listed = names.map { "'\($0)'" }.joined(separator: ", ")
        console.note(
            "dropped \(listed) of '\(place.table)' (version \(manifest.version)); earlier versions have it still")
    }
}

struct ColumnRenameCommand: LakeCommand {
    static let configuration = CommandConfiguration(
        commandName: "rename", abstract: "Give a column another name.",
        discussion: """
            Key groups and derived columns of the table follow. Derived columns of other tables name the column that they read: \
            they have to be declared anew. A later import finds the column under its new name alone.

              alphalake column rename lake people plz postcode
            """)

    @OptionGroup var place: TableArguments

    @Argument(help: "The column.")
    var old: String

    @Argument(help: "Its new name.")
    var new: String

    func run(_ console: Console) throws {
        let manifest = try ColumnChange(place).commit(.renameColumn, ["column": old, "to": new]) {
            try $0.renaming(old, to: new, table: place.table)
        }
        console.note("'\(old)' of '\(place.table)' is called '\(new)' now (version \(manifest.version))")
    }
}

struct ColumnWidenCommand: LakeCommand {
    static let configuration = CommandConfiguration(
        commandName: "widen", abstract: "Give a column a type that holds more values.",
        discussion: """
            The values stay as they are: int8 < int16 < int32 < int64, the same for uint8 to uint64, an unsigned type to a longer \
            signed one, integers of up to 32 bits to float64 (16 bits to float32), float32 to float64, date to timestamp, and \
            lists as their elements.

              alphalake column widen lake people age int64
              alphalake column widen lake ads shares 'list<float64>'
            """)

    @OptionGroup var place: TableArguments

    @Argument(help: "The column.")
    var name: String

    @Argument(help: "The new type.")
    var type: String

    func run(_ console: Console) throws {
        let type = try DataType(parsing: type)
        let change = try ColumnChange(place)
        let manifest = try change.commit(.widen, ["column": name, "type": type.description]) { schema in
            let wider = try schema.widening(name, to: type, table: place.table)
            if type == .timestamp { try checkDates(change.lake) }
            return wider
        }
        console.note("'\(name)' of '\(place.table)' is \(type) now (version \(manifest.version))")
    }

    /// - Throws: `LakeError` for a date so far away that it is no timestamp.
    private func checkDates(_ lake: Lake) throws {
        let (column, table) = (QueryEngine.quoted(name), QueryEngine.quoted(place.table))
        let sql = "SELECT count(CAST(\(column) AS TIMESTAMP)) FROM \(table)"
        try QueryEngine(lake: lake).prepare(sql).run { _ in }
    }
}

/// The table that a command is about.
struct TableArguments: ParsableArguments {
    @Argument(help: "The lake's directory.")
    var lake: String

    @Argument(help: "The table.")
    var table: String
}

/// A change of a table's schema that leaves its shards as they are.
struct ColumnChange {
    let lake: Lake
    private let table: TableDirectory

    init(_ place: TableArguments) throws {
        lake = try Lake.open(at: place.lake)
        table = try lake.table(place.table)
    }

    /// Commits what `change` makes of the schema, unless a derived column would lose what it reads.
    func commit(
        _ operation: LakeTable.Operation, _ details: [String: String], _ change: (Schema) throws -> Schema
    ) throws -> Manifest {
        let base = try table.manifest()
        let schema = try change(base.schema)
        try table.checkReaders(of: schema, before: base.schema)
        let details = details.mapValues { String($0.prefix(1_000)) }.merging(["command": "column"]) { first, _ in first
        }
        return try table.commit(.widen(to: schema, operation: operation, details: details), over: base)
    }
}
