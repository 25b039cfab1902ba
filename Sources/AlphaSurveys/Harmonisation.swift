import FoundationEssentials
import LakeCore

/// Which columns and labels of a wave become respondent id, weight and factors: the data of
/// `Schemas/surveys/harmonisation.json`, whose own `about` says how it is read.
public struct Harmonisation: Codable, Sendable, Equatable {
    /// A harmonised value and the labels, in normal form, that mean it.
    public struct Value: Codable, Sendable, Equatable {
        public var value: String
        public var labels: [String]
    }

    /// A recode of another factor.
    public struct Derivation: Codable, Sendable, Equatable {
        public var from: String
        public var values: [Value]
    }

    /// One demographic factor.
    public struct Factor: Codable, Sendable, Equatable {
        public var name: String
        /// Patterns of the columns that hold it, the preferred first.
        public var columns: [String]
        public var values: [Value]?
        /// Whether the file's own labels are the values.
        public var asPublished: Bool?
        public var derived: Derivation?

        private enum CodingKeys: String, CodingKey {
            case name, columns, values, derived
            case asPublished = "as_published"
        }
    }

    /// What the labels of a refusal look like.
    public struct Refusals: Codable, Sendable, Equatable {
        public var separators: [String]
        public var equal: [String]
        public var begin: [String]
    }

    /// What one wave does in its own way.
    public struct Override: Codable, Sendable, Equatable {
        public var respondentID: [String]?
        public var weight: [String]?
        public var profile: [String]?
        /// By factor name; an empty list means that the wave has no such column.
        public var factors: [String: [String]]?

        private enum CodingKeys: String, CodingKey {
            case respondentID = "respondent_id"
            case weight, profile, factors
        }
    }

    public var version: Int
    public var suffixes: [String]
    public var asides: [String]
    public var refusals: Refusals
    /// Labels that leave a factor NULL although nobody refused.
    public var absent: [String]
    public var respondentID: [String]
    public var weight: [String]
    /// Columns about the panelist that are not questions of the wave.
    public var profile: [String]
    /// Columns about the interview.
    public var paradata: [String]
    public var factors: [Factor]
    public var waves: [String: Override]

    private enum CodingKeys: String, CodingKey {
        case version, suffixes, asides, refusals, absent, weight, profile, paradata, factors, waves
        case respondentID = "respondent_id"
    }

    /// Reads a mapping.
    /// - Throws: `LakeError` (usage) when `json` is not one, or leaves out a factor that `responses` has.
    public init(json: [UInt8], file: String) throws(LakeError) {
        do {
            self = try JSONDecoder().decode(Harmonisation.self, from: Data(json))
        } catch {
            throw LakeError(
                .usage, "not a harmonisation mapping: \(error)", at: .init(file: file),
                hint: "Schemas/surveys/harmonisation.json shows what one looks like")
        }
        for name in SurveyTables.factors where !factors.contains(where: { $0.name == name }) {
            throw LakeError(.usage, "the mapping has no factor '\(name)'", at: .init(file: file))
        }
    }

    /// The mapping that the library ships.
    /// - Throws: never in a library whose tests passed; the mapping is decoded anew at each call.
    public static func shipped() throws(LakeError) -> Harmonisation {
        try Harmonisation(json: PackageResources.harmonisation_json, file: "Schemas/surveys/harmonisation.json")
    }
}
