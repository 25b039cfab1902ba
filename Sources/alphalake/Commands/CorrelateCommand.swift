import AlphaAds
import ArgumentParser
import LakeBytes
import LakeCore
import LakeQuery
import LakeTable

struct CorrelateCommand: LakeCommand {
    static let configuration = CommandConfiguration(
        commandName: "correlate", abstract: "Show how alike groups of people behave, and how alike they think.",
        discussion: """
            For each pair of states, or of age brackets by gender: Spearman's rho, over the ads delivered to both, of \
            the shares of delivery that the two had, divided by population and renormalised. With n, and a 95 % \
            interval (Fisher's transform, standard error of Bonett and Wright). Pairs with fewer than 10 ads in \
            common have none.

            Where the lake has survey answers too, behaviour is set beside opinions for groups that both know, \
            census regions and Pew's age groups by gender: how similar their answers are, and how the two \
            kinds of similarity correlate over the pairs.

              alphalake correlate lake
              alphalake correlate lake --axis region --svg states.svg
              alphalake correlate lake --axis age_gender --where "topic = 'Gun policy'" --format json
              alphalake correlate lake --axis census_region --minimum 100
              alphalake correlate lake --axis region --paper-formula

            --paper-formula computes what the paper prints: Spearman's short formula on ranks within each ad, with the \
            number of ads for n. It is near 1 for every pair, whatever the data.

            A pair costs two passes over the ads that reached both groups; nothing is sorted. In memory there are 4 \
            bytes per group and ad that reached two groups or more: 300 MB for 51 states and 1.5 million ads.
            """)

    @Argument(help: LakeName.help)
    var lake: String

    @Option(
        help: ArgumentHelp(
            "region, age_gender, age, gender or census_region; may be given several times "
                + "(default: region and age_gender).",
            valueName: "axis"),
        transform: CorrelateCommand.axis)
    var axis: [BehaviourAxis] = []

    @Option(name: .customLong("where"), help: "Only ads where this holds, as in \"start_date >= DATE '2020-01-01'\".")
    var condition: String?

    @Option(help: "table (for people) or json (whole matrices).", transform: CorrelateCommand.format)
    var format: OutputFormat = .table

    @Option(help: ArgumentHelp("Also draw heat maps; with several axes one file each.", valueName: "file"))
    var svg: String?

    @Flag(help: "The paper's formula in the place of Spearman's rho.")
    var paperFormula = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Respondents that a question needs in both groups to count for opinions.", valueName: "respondents"),
        transform: WholeNumber.within(1...1_000_000, as: "--minimum 50"))
    var minimum: Int = OpinionScan.standardMinimum

    @OptionGroup var threads: ThreadOptions

    private static func axis(_ text: String) throws -> BehaviourAxis {
        if let axis = BehaviourAxis(rawValue: text.lowercased()), axis != .surveyAgeGender { return axis }
        throw ValidationError("axes are region, age_gender, age, gender and census_region")
    }

    private static func format(_ text: String) throws -> OutputFormat {
        let format = try? OutputFormat.parse(text)
        if let format, format == .table || format == .json { return format }
        throw ValidationError("formats are table and json")
    }

    func run(_ console: Console) throws {
        Interruption.watch()
        let (lake, selector) = try Lake.open(address: lake)
        let tables = try lake.tables(at: selector)
        guard tables.contains("ads") else {
            throw LakeError(
                .missing, "no table 'ads'", at: .init(file: self.lake),
                hint: "`alphalake import ads LAKE FILE...` makes it")
        }
        let engine = QueryEngine(lake: lake, at: selector, workers: threads.count)
        let report = try Interruption.cancellation.whileCurrent {
            try correlate(engine, hasResponses: tables.contains("responses"), console)
        }
        // Whoever reads the results finds the pictures there.
        for file in try svg.map({ try report.writePictures($0) }) ?? [] { console.note("wrote \(file)") }
        if format == .json {
            try console.results.write(report.json())
        } else {
            try report.print(console)
        }
        if !tables.contains("responses"), report.sections.contains(where: { $0.behaviour.axis.ofSurveys != nil }) {
            console.note("no table 'responses': behaviour alone; `alphalake import survey` adds opinions")
        }
    }

    private func correlate(_ engine: QueryEngine, hasResponses: Bool, _ console: Console) throws -> SimilarityReport {
        var asked: [BehaviourAxis] = []
        for axis in axis.isEmpty ? [.region, .ageGender] : axis where !asked.contains(axis) { asked.append(axis) }
        var scanned = asked
        if hasResponses {
            for axis in asked.compactMap(\.ofSurveys) where !scanned.contains(axis) { scanned.append(axis) }
        }
        let measure: BehaviourMeasure = paperFormula ? .paperFormula : .spearman
        let ads = try engine.lake.table("ads").manifest(at: engine.selector)
        let progress = Progress(
            "reading ads", total: condition == nil ? ads.rows : nil, unit: .things("ad"), on: console)
        defer { progress.finish() }
        let read = try BehaviourScan(engine, axes: scanned, measure: measure, condition: condition)
            .run(cancellation: Interruption.cancellation) { progress.update(done: $0) }
        progress.finish()
        if read.ads == 0 {
            console.note(condition == nil ? "the table 'ads' has no rows" : "no ad matches the condition")
        }
        var report = SimilarityReport(
            measure: measure, condition: condition, minimum: minimum, adsVersion: ads.version, ads: read.ads,
            synthetic: read.synthetic)
        if hasResponses {
            report.responsesVersion = try engine.lake.table("responses").manifest(at: engine.selector).version
        }
        let axes = try read.columns.map { try SimilarityReport.Axis($0, workers: threads.count) }
        for axis in asked {
            guard let behaviour = axes.first(where: { $0.axis == axis }) else { continue }
            var section = SimilarityReport.Section(behaviour: behaviour)
            if hasResponses, let known = axis.ofSurveys, let beside = axes.first(where: { $0.axis == known }) {
                let opinions = try OpinionScan(engine, axis: known, minimum: minimum)
                    .run(cancellation: Interruption.cancellation)
                section.survey = SimilarityReport.Survey(beside, opinions: opinions)
            }
            report.sections.append(section)
        }
        return report
    }
}
