import AlphaAds
import ArgumentParser
import LakeBytes
import LakeCore
import LakeTable

struct BuildCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build", abstract: "Derive data sets from what is in the lake.",
        subcommands: [BuildSamplesCommand.self])
}

struct BuildSamplesCommand: LakeCommand {
    static let configuration = CommandConfiguration(
        commandName: "samples", abstract: "Make instruction samples of the lake's ads: 18 tasks.",
        discussion: """
            The table `samples` gets a row per sample: task, split, the ads that it is about (keys of the version of `ads` \
            that it was made from), audiences, and columns to slice by. Prompts are not stored; `prompt` and `response` \
            are columns that are rendered when a query asks for them. The rules are in Schemas/ads/tasks.json.

              alphalake build samples lake
              alphalake build samples lake --tasks TC-A,TC-G,TC-R --rebuild
              alphalake build samples lake --config rules.json --rebuild
              alphalake query lake "SELECT prompt, response FROM samples \\
                WHERE task = 'TC-A' AND region = 'Ohio' LIMIT 2" --format jsonl

            --config replaces numbers of the rules: {"parameters": {"variants": 20}}. Held-out advertisers and ads after a \
            date make the splits test-advertiser and test-time. The rows do not depend on --threads.
            """)

    @Argument(help: "The lake's directory.")
    var lake: String

    @Option(help: "Tasks to make, such as TAG-G,TC-A (default: all).", transform: BuildSamplesCommand.tasks)
    var tasks: Set<SampleTask> = Set(SampleTask.allCases)

    @Option(help: ArgumentHelp("Numbers to replace in the rules.", valueName: "file"))
    var config: String?

    @Flag(help: "Make samples that are there anew, in one step.")
    var rebuild = false

    @OptionGroup var threads: ThreadOptions

    func run(_ console: Console) throws {
        Interruption.watch()
        var load = SampleLoad(lake: try Lake.open(at: lake), workers: threads.count)
        if let config {
            load.rules = try TaskRules(json: try LocalStore().read(config, limit: 1 << 20), file: config)
        }
        load.tasks = tasks
        load.replaces = rebuild
        load.details = ["command": "build samples"]
        let started = ContinuousClock.now
        let outcome = try load.run(console)
        try SampleLoadReport(
            outcome: outcome, tasks: tasks, rules: load.rules,
            seconds: Progress.seconds(ContinuousClock.now - started)
        ).print(console)
    }

    private static func tasks(_ text: String) throws -> Set<SampleTask> {
        let names = text.split(whereSeparator: { $0 == "," || $0 == " " }).map(String.init)
        return Set(
            try names.map { name in
                guard let task = SampleTask(name: name) else {
                    throw ValidationError(
                        "there is no task '\(name)'; the tasks are \(SampleTask.names.joined(separator: ", "))")
                }
                return task
            })
    }
}
