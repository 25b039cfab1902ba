import ArgumentParser

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write rows into files that other tools train on, or a card that describes the lake.",
        discussion: """
            `export rows`, or `export` alone, writes what a query finds into a file or many. `export card` writes a \
            dataset card: what is in the lake, where it came from, what was done to it and what it must not be used for.

              alphalake export lake "SELECT prompt, response FROM samples" \\
                --to samples.jsonl
              alphalake export card lake --to README.md
            """,
        subcommands: [ExportRowsCommand.self, ExportCardCommand.self], defaultSubcommand: ExportRowsCommand.self)
}
