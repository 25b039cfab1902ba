import AlphaSurveys
import ArgumentParser
import LakeCore

struct GenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate", abstract: "Make data to try things on.",
        subcommands: [GenerateSurveysCommand.self, GenerateAdsCommand.self])
}

struct GenerateSurveysCommand: LakeCommand {
    static let configuration = CommandConfiguration(
        commandName: "surveys",
        abstract: "Write invented survey files (.sav), with a question catalog and wave details.",
        discussion: """
            Ten waves of a panel, with the quirks of real ones. The same seed and size give the same bytes.

              alphalake generate surveys demo
              alphalake import survey lake demo/waves --catalog demo/catalog.json \\
                --waves demo/survey-details.json
            """)

    @Argument(help: "The directory to write into; made if absent.")
    var directory: String

    @Option(help: "Chooses the panel and its answers.")
    var seed: UInt64 = 20_241_101

    @Option(
        parsing: .unconditional, help: "Size of the panel; a wave asks a third of it or more.",
        transform: WholeNumber.within(30...1_000_000, as: "--respondents 1500"))
    var respondents: Int = 1_500

    func run(_ console: Console) throws {
        let output = try SurveyGenerator(seed: seed, respondents: respondents).write(to: directory)
        console.note(
            "wrote \(Quantities.count(output.files, "file")) with \(Quantities.count(output.respondents, "interview")) "
                + "below \(output.waves), \(output.catalog) and \(output.details)")
    }
}
