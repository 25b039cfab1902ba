import AlphaAds

/// What `alphalake correlate` found, for every form of output.
struct SimilarityReport {
    /// The groups of one axis.
    struct Axis {
        var axis: BehaviourAxis
        /// Ads that reached two groups or more.
        var ads: Int
        /// By group, how many ads reached it.
        var delivered: [Int]
        var behaviour: SimilarityMatrix

        init(_ columns: BehaviourColumns, workers: Int) throws {
            axis = columns.axis
            ads = columns.ads
            delivered = columns.delivered
            behaviour = try columns.matrix(workers: workers)
        }
    }

    /// Behaviour beside opinions, over groups that surveys know.
    struct Survey {
        var behaviour: Axis
        var opinions: SimilarityMatrix
        var comparison: MatrixComparison

        init(_ behaviour: Axis, opinions: SimilarityMatrix) {
            self.behaviour = behaviour
            self.opinions = opinions
            comparison = MatrixComparison(behaviour.behaviour, opinions)
        }
    }

    /// An axis that was asked for, with opinions where there are any.
    struct Section {
        var behaviour: Axis
        var survey: Survey?
    }

    var measure: BehaviourMeasure
    var condition: String?
    /// Respondents that a question needs in both groups.
    var minimum: Int
    var adsVersion: Int
    var responsesVersion: Int?
    var ads: Int
    var synthetic: Int
    var sections: [Section] = []

    /// What has to be said wherever the numbers are shown: nothing of real ads is known from made-up ones.
    var syntheticNote: String? {
        guard synthetic > 0 else { return nil }
        return synthetic == ads
            ? "SYNTHETIC: all \(Quantities.count(ads, "ad")) were made up, and say nothing of people"
            : "PARTLY SYNTHETIC: \(Quantities.count(synthetic)) of \(Quantities.count(ads, "ad")) were made up"
    }

    /// What the numbers of an axis are, and what to keep in mind.
    func notes(_ axis: Axis) -> [String] {
        let chosen = condition.map { " where \($0)" } ?? ""
        var notes = [
            "\(Quantities.count(ads, "ad"))\(chosen), of which \(Quantities.count(axis.ads)) reached two groups or more"
        ]
        switch measure {
        case .paperFormula:
            notes += [
                "the paper's formula, 1 - 6 sum d^2 / (n (n^2 - 1)), on the groups' ranks within each ad that "
                    + "reached both",
                "it is near 1 for every pair of any groups: d is below \(axis.delivered.count), n is the number of ads",
            ]
        case .spearman:
            notes.append("Spearman's rho of normalised shares over the ads that reached both groups, ties averaged")
            if axis.delivered.count > 2 {
                notes.append(
                    "an ad's normalised shares sum to 1, so groups compete: without anything in common they come to "
                        + "about -1/(k - 1) in ads that reach k groups")
            }
        }
        return notes + [axis.axis.caution(measure)].compactMap { $0 }
    }

    /// What the opinions of a section are.
    func notes(_ survey: Survey) -> [String] {
        [
            "opinions: mean over questions of 1 - WD / (N - 1), weighted, refusals left out, options in the order of "
                + "their codes; questions with \(Quantities.count(minimum, "respondent")) or more in both groups",
            agreement(survey.comparison),
        ]
    }

    /// The correlation of the two matrices in a sentence.
    private func agreement(_ comparison: MatrixComparison) -> String {
        let pairs = Quantities.count(comparison.pairs, "pair")
        guard let r = comparison.pearson.value else {
            return "behaviour and opinions are known of \(pairs), which is not enough to correlate them"
        }
        var text = "behaviour and opinions correlate over \(pairs): Pearson's r \(Quantities.fixed(r, 3))"
        if let interval = comparison.pearson.interval { text += " (95 %: \(SimilarityReport.text(interval)))" }
        if let rho = comparison.spearman.value { text += ", Spearman's rho \(Quantities.fixed(rho, 3))" }
        if comparison.pairs <= 10 { return text + "; \(pairs) prove little" }
        return text + "; pairs that share a group are not independent, the interval is too narrow"
    }

    /// `0.512 to 0.533`
    static func text(_ interval: ClosedRange<Double>) -> String {
        "\(Quantities.fixed(interval.lowerBound, 3)) to \(Quantities.fixed(interval.upperBound, 3))"
    }
}
