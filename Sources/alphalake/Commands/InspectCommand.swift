import ArgumentParser
import LakeCore
import LakeShard
import LakeTable

struct InspectCommand: LakeCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show where the bytes of a table go.",
        discussion: """
            Per column what it takes of the shards, how it is encoded and compressed, and whether it is stored once per \
            row or once per key of a key group. A column that several groups know is listed once for each.

              alphalake inspect lake responses
              alphalake inspect lake responses --shard 3
              alphalake inspect lake responses --format json

            A shard is named by its number or the first characters of its file's name (4 or more); without --shard all shards of the table \
            are added up.
            """)

    @Argument(help: LakeName.help)
    var lake: String

    @Argument(help: "The table; all of them by default.")
    var table: String?

    @Option(help: "One shard: its number, or the first 4 or more characters of its file's name.")
    var shard: String?

    @Option(help: OutputFormat.help, transform: OutputFormat.parse)
    var format: OutputFormat = .table

    func run(_ console: Console) throws {
        let (lake, selector) = try Lake.open(address: lake)
        let names = try table.map { [$0] } ?? lake.tables(at: selector)
        if names.isEmpty { console.note("no tables yet; `alphalake import` makes them") }
        if shard != nil && names.count > 1 {
            throw LakeError(.usage, "--shard needs a table", hint: "tables are " + names.joined(separator: ", "))
        }
        for (index, name) in names.enumerated() {
            if index > 0, format == .table { try console.results.write("\n") }
            let snapshot = try lake.table(name).snapshot(at: selector)
            let shards = try chosen(snapshot)
            var anatomy = ShardAnatomy(schema: snapshot.schema)
            for shard in shards {
                try locating(.init(table: name)) {
                    for (place, file) in shard.files.enumerated() {
                        let path = snapshot.table.shardPath(file.name)
                        try anatomy.add(try ShardReader(path: path, store: lake.store), isCompanion: place > 0)
                    }
                }
            }
            let number = shard.flatMap { _ in shards.first?.id }
            try anatomy.print(name, shard: number, shards: shards.count, format, to: console.results)
        }
    }

    private static let shortestPrefix = 4

    private func chosen(_ snapshot: Snapshot) throws -> [ShardEntry] {
        guard let shard else { return snapshot.shards }
        if let id = Int(shard), let entry = snapshot.shards.first(where: { $0.id == id }) { return [entry] }
        // Names are random: a few characters, or a number that is none of a shard's, may begin one by chance.
        let matches =
            shard.count < InspectCommand.shortestPrefix ? [] : snapshot.shards.filter { $0.file.hasPrefix(shard) }
        if matches.count == 1 { return matches }
        let known = snapshot.shards.prefix(20).map { String($0.id) }.joined(separator: ", ")
        throw LakeError(
            .missing, matches.isEmpty ? "no shard '\(shard)'" : "'\(shard)' begins the names of several shards",
            at: .init(table: snapshot.table.name),
            hint: "its shards are \(known)" + (snapshot.shards.count > 20 ? ", ..." : ""))
    }
}
