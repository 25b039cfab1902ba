/// The groups that are compared.
public enum BehaviourAxis: String, Sendable, CaseIterable {
    /// The 50 states and the District of Columbia.
    case region
    /// The ad library's age brackets, each by gender.
    case ageGender = "age_gender"
    case age
    case gender
    /// The four regions of the census: the groups of region that surveys know.
    case censusRegion = "census_region"
    /// The four age groups of surveys, each by gender.
    case surveyAgeGender = "survey_age_gender"

    /// The age groups of surveys.
    public static let surveyAges = ["18-29", "30-49", "50-64", "65+"]
    /// The regions of the census as surveys list them.
    public static let censusRegions = ["Northeast", "Midwest", "South", "West"]
    /// By age group of surveys the brackets of the ad library (positions in `Census.ages`) and how much of each
    /// belongs to it. Two brackets straddle a bound in their middle, and years of age within a bracket are taken for
    /// evenly spread.
    static let crosswalk: [[(bracket: Int, part: Double)]] = [
        [(1, 1), (2, 0.5)], [(2, 0.5), (3, 1), (4, 0.5)], [(4, 0.5), (5, 1)], [(6, 1)],
    ]

    /// What the groups are called, in their order.
    public var groups: [String] {
        switch self {
        case .region: Census.standard.states
        case .ageGender: Census.ages.flatMap { age in Census.genders.map { "\(age) \($0)" } }
        case .age: Census.ages
        case .gender: Census.genders
        case .censusRegion: BehaviourAxis.censusRegions
        case .surveyAgeGender: BehaviourAxis.surveyAges.flatMap { age in Census.genders.map { "\(age) \($0)" } }
        }
    }

    /// What a group is, for titles.
    public var noun: String {
        switch self {
        case .region: "states"
        case .ageGender: "age brackets by gender"
        case .age: "age brackets"
        case .gender: "genders"
        case .censusRegion: "census regions"
        case .surveyAgeGender: "survey age groups by gender"
        }
    }

    /// The axis whose groups surveys know too, to compare behaviour with opinions on; nil where there is none.
    public var ofSurveys: BehaviourAxis? {
        switch self {
        case .region, .censusRegion: .censusRegion
        case .ageGender, .surveyAgeGender: .surveyAgeGender
        case .age, .gender: nil
        }
    }

    /// What has to be known of the groups to read the numbers; nil where there is nothing.
    public func caution(_ measure: BehaviourMeasure) -> String? {
        switch self {
        case .gender:
            measure == .spearman ? "the two genders' shares sum to 1, which makes rho -1 whatever the ads" : nil
        case .surveyAgeGender:
            "survey age groups are an approximation: half of the bracket 25-34 counts as 18-29 and half as 30-49, "
                + "half of 45-54 as 30-49 and half as 50-64; 13-17 is left out"
        case .censusRegion: "shares of a census region are those of its states added up"
        case .region, .ageGender, .age: nil
        }
    }

    /// Columns of `ads` that its values are made of.
    func columns(_ measure: BehaviourMeasure) -> [String] {
        switch (self, measure) {
        case (.region, .spearman): ["region_normalized", "region_shares"]
        case (.ageGender, .spearman): ["age_gender_normalized", "demographic_shares"]
        case (.age, .spearman): ["age_normalized", "demographic_shares"]
        case (.gender, .spearman): ["gender_normalized", "demographic_shares"]
        case (.region, .paperFormula): ["region_rank"]
        case (.ageGender, .paperFormula): ["age_gender_rank"]
        case (.age, .paperFormula): ["age_rank"]
        case (.gender, .paperFormula): ["gender_rank"]
        case (.censusRegion, _): ["region_shares"]
        case (.surveyAgeGender, _): ["demographic_shares"]
        }
    }
}
