import AlphaAds
import LakeCore
import LakeTable

/// A dataset card in the form that dataset hubs read: YAML for their search, then Markdown for people.
///
/// Every number is asked of the tables at one version, or is one that an import wrote into the log.
struct DatasetCard {
    /// The name under which it is shown.
    let name: String
    /// The licence as given by whoever exports; nil where nothing is said.
    let license: String?
    let ads: AdFacts?
    let samples: SampleFacts?

    /// - Throws: `LakeError`: missing when the lake has neither ads nor samples.
    init(_ lake: Lake, at selector: VersionSelector, name: String, license: String?, workers: Int) throws {
        let tables = try lake.tables(at: selector)
        func table(_ name: String) throws -> CardTable? {
            guard tables.contains(name) else { return nil }
            return try CardTable(name, of: lake, at: selector, workers: workers)
        }
        ads = try table("ads").map { try AdFacts($0) }
        samples = try table("samples").map { try SampleFacts($0) }
        guard ads != nil || samples != nil else {
            throw LakeError(
                .missing, "there is neither a table 'ads' nor a table 'samples' to describe",
                at: .init(file: lake.path),
                hint: "`alphalake import ads` and `alphalake build samples` make them")
        }
        self.name = name
        self.license = license ?? ads?.table.latest("license") ?? samples?.table.latest("license")
    }

    var markdown: String {
        let sections = [
            "---\n" + frontMatter + "\n---", "# " + Markdown.plain(name), summary, reality, provenance, licence, counts,
            columns, cleaning, splits, prompts, CardBiases.section(ads), CardBiases.uses, definitions,
        ]
        return sections.compactMap { $0 }.joined(separator: "\n\n") + "\n"
    }

    /// Rows and synthetic rows of a table; of the second nil when it does not say.
    private var tables: [(table: CardTable, rows: Int, synthetic: Int?)] {
        [ads.map { ($0.table, $0.rows, $0.synthetic) }, samples.map { ($0.table, $0.rows, $0.synthetic) }]
            .compactMap { $0 }
    }

    private var isAllSynthetic: Bool { tables.allSatisfy { $0.rows > 0 && $0.synthetic == $0.rows } }
    private var hasSynthetic: Bool { tables.contains { ($0.synthetic ?? 0) > 0 } }

    // MARK: Sections

    private var frontMatter: String {
        var lines = ["license: " + Markdown.yaml(license ?? "unknown"), "task_categories:", "- text-generation"]
        if samples.map({ facts in facts.tasks.contains { $0.hasPrefix("TAP") && facts.count($0) > 0 } }) ?? false {
            lines.append("- text-classification")
        }
        let languages = ads?.languages.map(\.value).filter(DatasetCard.isLanguage).prefix(20) ?? []
        if !languages.isEmpty { lines += ["language:"] + languages.map { "- " + Markdown.yaml($0) } }
        lines += ["size_categories:", "- " + DatasetCard.sizeCategory(samples?.rows ?? ads?.rows ?? 0)]
        lines.append("pretty_name: " + Markdown.yaml(name))
        lines += ["language_creators:", isAllSynthetic ? "- machine-generated" : "- found"]
        if hasSynthetic, !isAllSynthetic { lines.append("- machine-generated") }
        lines += ["annotations_creators:", "- machine-generated", "tags:", "- advertising", "- political-ads"]
        lines += ["- pluralistic-alignment", "- public-opinion"] + (hasSynthetic ? ["- synthetic"] : [])
        return lines.joined(separator: "\n")
    }

    private var summary: String {
        var sentences: [String] = []
        if let ads {
            sentences.append(
                "\(Quantities.count(ads.rows, "ad")) in the form of the Meta Ad Library, with text, dates, spend and "
                    + "impressions as ranges, and how the audience of each was made up by age, gender and state.")
        }
        if let samples {
            let source = ads == nil ? "ads" : "them"
            sentences.append(
                "\(Quantities.count(samples.rows, "instruction sample")) derived from \(source): whom an ad reached, "
                    + "and how strongly, is taken for what a group of people likes, and turned into tasks of writing, "
                    + "predicting and rewriting ads.")
        }
        sentences.append(
            "The method is that of \"ALPHA: Action-Based Learning for Pluralistic Human Alignment\" (AAAI 2026).")
        return sentences.joined(separator: " ")
    }

    private var reality: String {
        var lines = ["## What is real and what is synthetic", ""]
        if isAllSynthetic {
            lines.append(
                "**All of it is synthetic.** Every ad was made up by a program, to develop and to demonstrate "
                    + "with; pages, texts and "
                    + "audiences are invented. Nothing about advertisers or groups of people can be learnt from it.\n")
        }
        for (table, rows, synthetic) in tables {
            let count =
                synthetic.map { "\(Quantities.count($0)) of \(Quantities.count(rows, "row")) are synthetic" }
                ?? "the table does not say which of its \(Quantities.count(rows, "row")) are synthetic"
            lines.append("- \(Markdown.code(table.name)): \(count).")
        }
        if hasSynthetic, !isAllSynthetic {
            lines.append("- `WHERE NOT synthetic` leaves out what was made up and what is derived from it.")
        }
        if ads != nil {
            lines.append(
                "- As the source gave it: text, page, dates, platforms, ranges, raw shares (but for repairs, see "
                    + "Cleaning)."
            )
            lines.append(
                "- Computed: shares divided by population, ranks, top groups, engagement; topics and keywords, by "
                    + "a program from the "
                    + "words of the ad, not by people.")
        }
        if samples != nil {
            lines.append(
                "- Samples contain no text that a model wrote: prompts are templates filled with what the ads "
                    + "say, responses are texts "
                    + "of ads or names of groups.")
        }
        return lines.joined(separator: "\n")
    }

    private var provenance: String {
        var lines = ["## Provenance", ""]
        lines.append(
            isAllSynthetic
                ? "Made by the generator of AlphaLake, in the form of the Meta Ad Library."
                : "The source is the Meta Ad Library of ads about social issues, elections or politics, as "
                    + "downloaded by whoever filled this lake."
        )
        lines.append("")
        for (table, _, _) in tables {
            let imports = table.records.filter { $0.summary.rowsAdded > 0 }
            var line =
                "- \(Markdown.code(table.name)): version \(table.manifest.version) of \(day(table.manifest.timestamp))"
            if let first = imports.first, let last = imports.last {
                line +=
                    ", rows added in \(Quantities.count(imports.count, "version")) from \(day(first.timestamp)) "
                    + "to \(day(last.timestamp))"
            }
            lines.append(line + ".")
            if let oldest = table.records.first, oldest.version > 1 {
                lines.append(
                    "  Versions below \(oldest.version) are no longer kept; what their log said is not in this card.")
            }
        }
        let origins = ads?.origins.filter { $0.value != nil } ?? []
        if !origins.isEmpty {
            let list = origins.map { "\(Markdown.code($0.value ?? "")) \(Quantities.count($0.rows))" }
            lines.append("- Forms that the ads came in: " + list.joined(separator: ", ") + ".")
        }
        return lines.joined(separator: "\n")
    }

    private var licence: String {
        let given =
            license.map { "As given by whoever exported this card: \(Markdown.plain($0))." }
            ?? "No licence was given with the data. That it can be downloaded does not make it free to pass on."
        let real = "Texts belong to those who wrote them; the terms of the Meta Ad Library apply to its records."
        return "## Licence\n\n" + given + (isAllSynthetic ? "" : " " + real)
    }

    private var definitions: String {
        "## Definitions\n\nThe rules by which shares are normalised, tasks are derived and splits are drawn are "
            + "written down in `Schemas/ads/tasks.json` "
            + "of AlphaLake (version \(alphaLakeVersion)), exactly enough to compute the same rows independently."
    }

    private func day(_ micros: Int64) -> String { String(CalendarText.timestamp(micros).prefix { $0 != "T" }) }

    /// ISO 639 codes have two or three letters.
    private static func isLanguage(_ code: String) -> Bool {
        (2...3).contains(code.utf8.count) && code.utf8.allSatisfy { (0x61...0x7A).contains($0) }
    }

    /// The category of a number of rows, as hubs name it.
    static func sizeCategory(_ rows: Int) -> String {
        let steps: [(above: Int, name: String)] = [
            (1_000_000_000_000, "n>1T"), (100_000_000_000, "100B<n<1T"), (10_000_000_000, "10B<n<100B"),
            (1_000_000_000, "1B<n<10B"), (100_000_000, "100M<n<1B"), (10_000_000, "10M<n<100M"),
            (1_000_000, "1M<n<10M"), (100_000, "100K<n<1M"), (10_000, "10K<n<100K"), (1_000, "1K<n<10K"),
        ]
        return steps.first { rows >= $0.above }?.name ?? "n<1K"
    }
}
