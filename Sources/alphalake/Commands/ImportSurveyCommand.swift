import AlphaSurveys
import ArgumentParser
import LakeBytes
import LakeCore
import LakeTable

struct ImportSurveyCommand: LakeCommand {
    static let configuration = CommandConfiguration(
        commandName: "survey", abstract: "Import SPSS survey files (.sav), wave by wave.",
        discussion: """
            Folders are searched for .sav files. Each wave becomes rows of `responses`, one per respondent and answered \
            question, with the respondent's demographics; and of `questions`, one per question. A wave that is in the \
            lake already is left as it is.

              alphalake import survey lake waves/
              alphalake import survey lake waves/ --catalog opinionqa-xl.json \\
                --waves survey-details.json
              alphalake import survey lake "W54/ATP W54.sav" --replace

            The catalog gives questions their wording, as {"W54": {"CODE": {"question": "...", "options": [...]}}}; \
            the details give waves their topics and dates. Files that cannot be read are named and the rest goes in.
            """)

    @Argument(help: "The lake's directory.")
    var lake: String

    @Argument(help: "Survey files, and folders of them.")
    var paths: [String]

    @Option(help: "The questions' wording and options, such as opinionqa-xl.json.")
    var catalog: String?

    @Option(help: "Topics and dates of the waves, such as survey-details.json.")
    var waves: String?

    @Flag(help: "Put waves that are in the lake already in anew, in one step.")
    var replace = false

    @Flag(help: "Exit with status 1 when a file cannot be read.")
    var strict = false

    @OptionGroup var threads: ThreadOptions

    func run(_ console: Console) throws {
        let lake = try Lake.open(at: lake)
        let catalog = try self.catalog.map { try QuestionCatalog(json: read($0), file: $0) } ?? .empty
        let details = try waves.map { try SurveyDetails(json: read($0), file: $0) } ?? .empty
        let load = SurveyLoad(
            lake: lake, importer: try SurveyImport(catalog: catalog, details: details), replaces: replace,
            workers: threads.count)
        let started = ContinuousClock.now
        let outcome = try load.run(paths: paths, console)
        try SurveyLoadReport(outcome, seconds: Progress.seconds(ContinuousClock.now - started)).print(console)
        let failed = !outcome.summary.failures.isEmpty
        if failed && (strict || (outcome.summary.imported.isEmpty && outcome.present.isEmpty)) { throw ExitCode(1) }
    }

    private func read(_ path: String) throws -> [UInt8] { try LocalStore().read(path, limit: 1 << 30) }
}
