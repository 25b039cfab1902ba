import ArgumentParser

struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Bring data into a lake.",
        discussion: """
            Survey files of Pew's American Trends Panel go into the tables `responses` and `questions`; ads of the Meta Ad \
            Library into `ads`; JSONL and CSV into a table of any name. A table takes in an import as a whole or \
            not at all.
            """,
        subcommands: [ImportSurveyCommand.self, ImportAdsCommand.self, ImportTableCommand.self])
}
