import AlphaAds
import FoundationEssentials

extension SimilarityReport {
    /// Everything as one JSON object; matrices are rows of numbers, null where there is none.
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return String(decoding: try encoder.encode(Contents(self)), as: UTF8.self) + "\n"
    }

    private struct Contents: Encodable {
        var settings: Settings
        var ads: Int
        var syntheticAds: Int
        var synthetic: String?
        var axes: [AxisContents]

        init(_ report: SimilarityReport) {
            settings = Settings(
                measure: report.measure.rawValue, where: report.condition, minimumAds: Spearman.fewest,
                minimumRespondents: report.minimum, confidence: 0.95, adsVersion: report.adsVersion,
                responsesVersion: report.responsesVersion)
            ads = report.ads
            syntheticAds = report.synthetic
            synthetic = report.syntheticNote
            axes = report.sections.map { section in
                AxisContents(
                    behaviour: BehaviourContents(section.behaviour, report.notes(section.behaviour)),
                    opinions: section.survey.map { SurveyContents($0, report.notes($0), report) })
            }
        }
    }

    private struct Settings: Encodable {
        var measure: String
        var `where`: String?
        var minimumAds: Int
        var minimumRespondents: Int
        var confidence: Double
        var adsVersion: Int
        var responsesVersion: Int?
    }

    private struct AxisContents: Encodable {
        var behaviour: BehaviourContents
        var opinions: SurveyContents?
    }

    private struct BehaviourContents: Encodable {
        var axis: String
        var groups: [String]
        var notes: [String]
        /// Ads that reached two groups or more.
        var ads: Int
        /// By group, ads that reached it.
        var delivered: [Int]
        var rho: [[Double?]]
        var n: [[Int]]
        var lower: [[Double?]]
        var upper: [[Double?]]
        /// Positions of groups, similar ones side by side.
        var blockOrder: [Int]

        init(_ axis: Axis, _ notes: [String]) {
            let matrix = axis.behaviour
            self.axis = axis.axis.rawValue
            groups = matrix.groups
            self.notes = notes
            ads = axis.ads
            delivered = axis.delivered
            rho = matrix.square(diagonal: { _ in 1 }, pair: { $0.value })
            n = matrix.square(diagonal: { axis.delivered[$0] }, pair: { $0.n })
            lower = matrix.square(diagonal: { _ in nil }, pair: { $0.interval?.lowerBound })
            upper = matrix.square(diagonal: { _ in nil }, pair: { $0.interval?.upperBound })
            blockOrder = matrix.blockOrder
        }
    }

    private struct SurveyContents: Encodable {
        var behaviour: BehaviourContents
        var similarity: [[Double?]]
        var questions: [[Int?]]
        var notes: [String]
        var pearson: Coefficient
        var spearman: Coefficient

        init(_ survey: Survey, _ notes: [String], _ report: SimilarityReport) {
            behaviour = BehaviourContents(survey.behaviour, report.notes(survey.behaviour))
            similarity = survey.opinions.square(diagonal: { _ in 1 }, pair: { $0.value })
            questions = survey.opinions.square(diagonal: { _ in nil }, pair: { $0.n })
            self.notes = notes
            pearson = Coefficient(survey.comparison.pearson)
            spearman = Coefficient(survey.comparison.spearman)
        }
    }

    private struct Coefficient: Encodable {
        var value: Double?
        var pairs: Int
        var lower: Double?
        var upper: Double?

        init(_ correlation: Correlation) {
            value = correlation.value
            pairs = correlation.n
            lower = correlation.interval?.lowerBound
            upper = correlation.interval?.upperBound
        }
    }
}
