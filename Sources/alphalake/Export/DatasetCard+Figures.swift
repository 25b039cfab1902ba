import AlphaAds
import LakeCore
import LakeTable

/// The sections of a dataset card that are mostly numbers.
extension DatasetCard {
    var counts: String {
        var parts = ["## Counts"]
        if let ads {
            parts.append("### Ads")
            parts.append(Markdown.table(["", "number"], ads.counts.map { [$0.what, $0.count] }, numeric: [1]))
            for (title, list) in [("Languages", ads.languages), ("Platforms", ads.platforms)] where !list.isEmpty {
                let shown = list.prefix(12).map { "\(Markdown.code($0.value)) \(Quantities.count($0.rows))" }
                let more = list.count > 12 ? " and \(list.count - 12) more" : ""
                parts.append("\(title) (an ad may have several): " + shown.joined(separator: ", ") + more + ".")
            }
            let topics = ads.topics.filter { $0.value != nil }
            if !topics.isEmpty {
                let shown = topics.map { "\(Markdown.plain($0.value ?? "")) \(Quantities.count($0.rows))" }
                parts.append("The most frequent topics: " + shown.joined(separator: ", ") + ".")
            }
        }
        if let samples {
            parts.append("### Samples")
            parts.append("By task and split, beside the numbers of the paper (its Table A3):")
            parts.append(DatasetCard.taskTable(samples))
        }
        return parts.joined(separator: "\n\n")
    }

    private static func taskTable(_ samples: SampleFacts) -> String {
        let splits = samples.splits.map(\.name)
        let paper = Dictionary(uniqueKeysWithValues: SampleFacts.paper.map { ($0.task, $0.samples) })
        func row(_ name: String, _ counts: [Int], _ total: Int, _ paper: Int?) -> [String] {
            let ratio = paper.map { Quantities.fixed(Double(total) / Double($0), 2) }
            return [name] + (counts + [total]).map(Quantities.count) + [
                paper.map(Quantities.count) ?? "–", ratio ?? "–",
            ]
        }
        var rows = samples.tasks.map { task in
            row(Markdown.plain(task), splits.map { samples.count(task, $0) }, samples.count(task), paper[task])
        }
        rows.append(
            row("**all**", samples.splits.map(\.samples), samples.rows, SampleFacts.paper.reduce(0) { $0 + $1.samples })
        )
        let header = ["task"] + splits.map { Markdown.plain($0) } + ["all", "paper", "ratio"]
        return Markdown.table(header, rows, numeric: Set(1..<header.count))
    }

    var columns: String {
        var parts = ["## Columns"]
        for table in [ads?.table, samples?.table].compactMap({ $0 }) {
            parts.append("### \(Markdown.code(table.name))\n\n" + CardColumns.table(table))
        }
        return parts.joined(separator: "\n\n")
    }

    /// What imports left out, repaired and flagged, as they wrote it into the log.
    var cleaning: String? {
        guard let ads else { return nil }
        var parts = [
            """
            ## Cleaning

            URLs in texts are replaced by `[URL]`, and the frames of an ad are joined into one body. Known damage is \
            repaired and flagged, what else looks wrong is kept and flagged (column `flags`).
            """
        ]
        let dropped = ads.table.stated("cleaning.")
        let totals = ads.table.stated("rows.")
        var rows = ["read", "kept"].compactMap { key in
            totals.first { $0.key == key }.map { ["rows \(key) by imports", Quantities.count($0.count)] }
        }
        rows += dropped.map { rule, count in
            let explanation = CleaningRule(rawValue: rule).map { ": " + $0.explanation } ?? ""
            return ["left out, \(Markdown.code(rule))\(explanation)", Quantities.count(count)]
        }
        rows += ads.flags.map { flag, count in
            let explanation = AdFlag(rawValue: flag).map { ": " + $0.explanation } ?? ""
            return ["ads flagged \(Markdown.code(flag))\(explanation)", Quantities.count(count)]
        }
        if dropped.isEmpty { parts.append("The log says nothing about rows that were left out.") }
        if !rows.isEmpty { parts.append(Markdown.table(["", "number"], rows, numeric: [1])) }
        return parts.joined(separator: "\n\n")
    }

    var splits: String? {
        guard let samples else { return nil }
        var parts = [
            """
            ## Splits

            - `test-advertiser`: all samples of pages that were held out, drawn by the number of the page.
            - `test-time`: of the other pages, samples of which an ad starts after the date of the split.
            - `train`: all others.

            A sample belongs to a test split if any of its ads does; a pair never straddles.
            """
        ]
        if !samples.splits.isEmpty {
            let rows = samples.splits.map { split in
                [
                    Markdown.code(split.name), Quantities.count(split.samples),
                    split.pages.map(Quantities.count) ?? "–",
                    split.firstStart ?? "–", split.lastStart ?? "–",
                ]
            }
            let header = ["split", "samples", "pages", "first start of an ad", "last"]
            parts.append(Markdown.table(header, rows, numeric: [1, 2]))
        }
        let built = samples.table.records.last { $0.summary.rowsAdded > 0 }?.details ?? [:]
        // Files and their paths are the business of whoever built them.
        let told = built.filter { $0.key != "command" && $0.key != "files" && !$0.value.contains("/") }
        if !told.isEmpty {
            let list = told.sorted { $0.key < $1.key }.map { "\(Markdown.code($0.key)) \(Markdown.plain($0.value))" }
            parts.append("The build that added the last of them says: " + list.joined(separator: ", ") + ".")
        }
        return parts.joined(separator: "\n\n")
    }

    var prompts: String? {
        guard samples != nil else { return nil }
        return """
            ## How prompts are made

            A sample stores references to ads and an audience, no text. Its prompt and response are rendered from a \
            template of its task when it is read or exported. Slots of the templates take the page's name, title, \
            body, text of the media, keywords, platforms, dates of delivery, spend and audience ranges, states, age \
            bracket and gender. The templates are files that can be replaced (`Schemas/prompts/` of AlphaLake); their \
            wording is AlphaLake's own, not that of the paper.

            - **TAG**, targeted ad generation: the audience, budget, dates, page, platforms and keywords in, the text \
            of the ad out.
            - **TAP**, target audience prediction: the ad in; the gender, age bracket, states, budget or impressions \
            out.
            - **TS**, transsuasion: of two ads of a page with like meaning and other words, the one that did less \
            well in, the one that did better out.
            - **TC**, transcreation: of two such ads, the one that does well with one group in, the one that does \
            well with another out.

            The letter behind the task says what varies: gender, age, region, budget, impressions or engagement.
            """
    }
}
