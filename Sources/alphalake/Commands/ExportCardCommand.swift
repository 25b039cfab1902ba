import ArgumentParser
import LakeBytes
import LakeCore
import LakeTable

struct ExportCardCommand: LakeCommand {
    static let configuration = CommandConfiguration(
        commandName: "card", abstract: "Write a dataset card of the ads and samples in a lake.",
        discussion: """
            Markdown with YAML in front, the README.md of dataset hubs: provenance, what is real and what is \
            synthetic, licence, counts beside those of the paper, columns, cleaning, splits, how prompts are made, \
            known biases and what it must not be used for. It takes a table `ads`, a table `samples`, or both.

              alphalake export card lake --to README.md
              alphalake export card lake@tag:paper --name "Ads and audiences" \\
                --license other

            The numbers are asked of one version of the tables, those of cleaning are what imports wrote into the \
            log. The licence is the one that you name; without a name it is unknown, which is what the card says then.
            """)

    @Argument(help: LakeName.help)
    var lake: String

    @Option(
        name: .customLong("to"), help: ArgumentHelp("A new file; standard output by default.", valueName: "file"))
    var target: String?

    @Option(help: "The name of the dataset; the lake's by default.")
    var name: String?

    @Option(help: ArgumentHelp("The licence as hubs name it, as in cc-by-4.0 or other.", valueName: "name"))
    var license: String?

    @Flag(help: "Replace the file.")
    var overwrite = false

    @OptionGroup var threads: ThreadOptions

    func run(_ console: Console) throws {
        ExportInterruption.watch()
        let (lake, selector) = try Lake.open(address: lake)
        let card = try DatasetCard(
            lake, at: selector, name: name ?? lake.path.split(separator: "/").last.map(String.init) ?? "lake",
            license: license, workers: threads.count)
        guard let target else {
            try console.results.write(card.markdown)
            return try console.results.flush()
        }
        let output = try StagedOutput(target, isDirectory: false, overwrites: overwrite, store: LocalStore())
        defer { output.discard() }
        let file = try output.create(target)
        try file.append(Array(card.markdown.utf8))
        try file.sync()
        try file.close()
        try output.publish()
        console.note("wrote \(target)")
    }
}
