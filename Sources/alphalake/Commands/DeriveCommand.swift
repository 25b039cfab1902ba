import ArgumentParser
import LakeCore
import LakeTable

struct DeriveCommand: LakeCommand {
    static let configuration = CommandConfiguration(
        commandName: "derive", abstract: "Give a table a column that is looked up in another table.",
        discussion: """
            The column is computed on scan: nothing is stored but the declaration, and what the other table says now is \
            what a query sees. It can be used like any other column; SELECT * leaves it out.

              alphalake derive lake responses wording --from questions --key wave,question_key --value text
              alphalake derive lake samples body --from ads --key ad=ad_id --value body
              alphalake derive lake samples body --drop

            A key is a column here, or HERE=THERE where the other table calls it differently. A key that is NULL or \
            that the other table lacks gives NULL; one that it has twice is an error in the query.
            """)

    @Argument(help: "The lake's directory.")
    var lake: String

    @Argument(help: "The table that gets the column.")
    var table: String

    @Argument(help: "The column's name.")
    var name: String

    @Option(help: "The table that has the values.")
    var from: String?

    @Option(help: "The columns that find a row of it: HERE or HERE=THERE, with commas between them.")
    var key: [String] = []

    @Option(help: "The column of it that has the values.")
    var value: String?

    @Option(
        name: .customLong("at"), parsing: .unconditional,
        help: ArgumentHelp(
            "The version of it to read, whatever comes later (default: the newest).", valueName: "version"),
        transform: WholeNumber.within(1...Int.max, as: "--at 3"))
    var pin: Int?

    @Flag(help: "Take the derived column away.")
    var drop = false

    func validate() throws {
        if drop {
            if from != nil || !key.isEmpty || value != nil || pin != nil {
                throw ValidationError("--drop takes the column away; it goes with no other option")
            }
        } else if from == nil || key.isEmpty || value == nil {
            throw ValidationError("a derived column needs --from TABLE, --key COLUMNS and --value COLUMN")
        }
    }

    func run(_ console: Console) throws {
        let lake = try Lake.open(at: lake)
        let table = try lake.table(table)
        let base = try table.manifest()
        let (schema, source) = drop ? (try dropping(base.schema), nil) : try deriving(base.schema, lake)
        // Vacuum leaves the version alone that is pinned from here on.
        defer { withExtendedLifetime(source) {} }
        let details = ["command": "derive", "column": name]
        let manifest = try table.commit(.derive(schema, details: details), over: base)
        if drop {
            console.note("'\(self.table)' has no derived column '\(name)' any more (version \(manifest.version))")
        } else if let field = schema.derived.last {
            console.note(
                "'\(self.table)' has '\(name)', \(field.type), from \(field.lookup) (version \(manifest.version))")
        }
    }

    /// - Returns: the schema with the column, and the version that it reads.
    private func deriving(_ schema: Schema, _ lake: Lake) throws -> (Schema, Snapshot?) {
        let lookup = Lookup(table: from ?? "", version: pin, key: try parts(), value: value ?? "")
        let there = try lake.table(lookup.table).manifest(version: pin).schema
        let column = try there.requiredIndex(of: lookup.value, table: lookup.table)
        let field = DerivedField(name: name, type: there.fields[column].type, lookup: lookup)
        let schema = try schema.deriving(schema.derived + [field])
        return (schema, try lake.references(of: field, in: schema).snapshot)
    }

    private func parts() throws -> [Lookup.KeyPart] {
        try key.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }.map { part in
            let names = part.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
            guard let column = names.first, names.count <= 2, names.allSatisfy({ !$0.isEmpty }) else {
                throw LakeError(
                    .usage, "'\(part)' is no key", hint: "write --key HERE,HERE=THERE with the columns' names")
            }
            return Lookup.KeyPart(column, references: names.last ?? column)
        }
    }

    private func dropping(_ schema: Schema) throws -> Schema {
        guard schema.derived.contains(where: { $0.name == name }) else {
            let names = schema.derived.map(\.name)
            let near = suggestion(for: name, among: names)
            throw LakeError(
                .usage, "'\(table)' has no derived column '\(name)'",
                hint: near ?? (names.isEmpty ? nil : "it has " + names.joined(separator: ", ")))
        }
        if let user = schema.derived.first(where: { $0.lookup.key.contains { $0.column == name } }) {
            throw LakeError(.usage, "'\(user.name)' is derived from '\(name)'", hint: "drop '\(user.name)' first")
        }
        return try schema.deriving(schema.derived.filter { $0.name != name })
    }
}
