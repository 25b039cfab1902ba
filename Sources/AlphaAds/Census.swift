import FoundationEssentials
import LakeBytes
import LakeCore

/// The populations that delivery shares are divided by, and the groups of each axis in their order: the data of
/// `Schemas/ads/census.json`.
public struct Census: Sendable {
    /// The age brackets of the ad library, in order.
    public static let ages = ["13-17", "18-24", "25-34", "35-44", "45-54", "55-64", "65+"]
    /// The genders that have a population.
    public static let genders = ["female", "male"]
    /// The rows and columns of `demographic_shares`, with those who did not say.
    public static let sharedAges = ages + ["Unknown"]
    public static let sharedGenders = genders + ["unknown"]

    /// The 50 states and the District of Columbia, in alphabetical order.
    public let states: [String]
    /// By state: West, Midwest, South or Northeast.
    public let censusRegions: [String]
    /// By state.
    public let statePopulations: [Double]
    /// By age bracket and gender: bracket `a` and gender `g` at `2 * a + g`.
    public let cellPopulations: [Double]
    /// By age bracket, both genders.
    public let agePopulations: [Double]
    /// By gender, all brackets.
    public let genderPopulations: [Double]
    /// Positions of states by the names that inputs give them, in lower case.
    private let positions: [String: Int]

    private struct Contents: Decodable {
        struct State: Decodable {
            var region: String
            var censusRegion: String
            var population: Int
            var aliases: [String]?
        }

        struct Cell: Decodable {
            var age: String
            var gender: String
            var population: Int
        }

        var states: [State]
        var ageGender: [Cell]
    }

    /// - Parameter json: contents as those of `Schemas/ads/census.json`.
    /// - Throws: `LakeError` (usage) when states or cells are missing, twice, or have no population.
    public init(json: [UInt8]) throws(LakeError) {
        let contents: Contents
        do {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            contents = try decoder.decode(Contents.self, from: Data(json))
        } catch {
            throw LakeError(.usage, "census data: \(error)", hint: "Schemas/ads/census.json shows the form")
        }
        let sorted = contents.states.sorted { $0.region < $1.region }
        states = sorted.map(\.region)
        censusRegions = sorted.map(\.censusRegion)
        statePopulations = sorted.map { Double($0.population) }
        var cells = [Double](repeating: 0, count: 14)
        for cell in contents.ageGender {
            guard let age = Census.ages.firstIndex(of: cell.age),
                let gender = Census.genders.firstIndex(of: cell.gender)
            else { throw LakeError(.usage, "census data: there is no group '\(cell.age) \(cell.gender)'") }
            cells[2 * age + gender] = Double(cell.population)
        }
        cellPopulations = cells
        agePopulations = (0..<7).map { cells[2 * $0] + cells[2 * $0 + 1] }
        genderPopulations = (0..<2).map { gender in (0..<7).reduce(0) { $0 + cells[2 * $1 + gender] } }
        guard states.count == 51, Set(states).count == 51, (statePopulations + cells).allSatisfy({ $0 > 0 }) else {
            throw LakeError(.usage, "census data: 51 states and 14 groups with populations are needed")
        }
        var positions: [String: Int] = [:]
        for (index, state) in sorted.enumerated() {
            for name in [state.region] + (state.aliases ?? []) { positions[name.lowercased()] = index }
        }
        self.positions = positions
    }

    /// The census that AlphaLake ships.
    public static let standard =
        (try? Census(json: EmbeddedSchemas.contents(of: "ads/census.json"))) ?? Census()

    /// Groups without names and populations: what stands in for data that cannot be read, which the tests rule out.
    private init() {
        states = [String](repeating: "", count: 51)
        censusRegions = states
        statePopulations = [Double](repeating: 1, count: 51)
        cellPopulations = [Double](repeating: 1, count: 14)
        agePopulations = [Double](repeating: 1, count: 7)
        genderPopulations = [Double](repeating: 1, count: 2)
        positions = [:]
    }

    /// The position of a state in `states`; nil for other regions.
    public func state(named name: String) -> Int? {
        positions[name] ?? positions[name.lowercased()]
    }
}
