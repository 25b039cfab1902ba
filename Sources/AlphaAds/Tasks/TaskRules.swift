import FoundationEssentials
import LakeBytes
import LakeCore

/// The numbers in the rules by which samples are made: `parameters` of `Schemas/ads/tasks.json`, and the tasks wanted.
public struct TaskRules: Sendable, Equatable {
    public var similarityAbove = 0.7
    public var similarityBelow = 1.0
    public var distanceAbove = 15
    public var reach = 2048
    public var variants = 12
    public var rewordings = 12
    public var pairsPerPage = 2_000_000
    public var rankDifference = 3
    public var topStates = 3
    public var statesCompared = 10
    public var impressionsFrom: Int64 = 1000
    public var testAdvertisers = 0.05
    /// Days since 1970-01-01: what starts later is test data.
    public var testAfter: Int32 = 19_538
    public var seed: UInt64 = 0
    /// By task, how many samples the paper has.
    public private(set) var paperCounts = [Int](repeating: 0, count: SampleTask.allCases.count)
    public private(set) var version = 1

    /// What tells these rules from others, to be kept with what they make.
    public var fingerprint: String {
        let parts = [
            "v\(version)", "\(similarityAbove)", "\(similarityBelow)", "\(distanceAbove)", "\(reach)", "\(variants)",
            "\(rewordings)", "\(pairsPerPage)", "\(rankDifference)", "\(topStates)", "\(statesCompared)",
            "\(impressionsFrom)", "\(testAdvertisers)", "\(testAfter)", "\(seed)",
        ]
        return parts.joined(separator: " ")
    }

    private struct Contents: Decodable {
        struct Task: Decodable {
            var task: String
            var paper: Int
        }

        struct Parameters: Decodable {
            var similarityAbove: Double?
            var similarityBelow: Double?
            var distanceAbove: Int?
            var reach: Int?
            var variants: Int?
            var rewordings: Int?
            var pairsPerPage: Int?
            var rankDifference: Int?
            var topStates: Int?
            var statesCompared: Int?
            var impressionsFrom: Int64?
            var testAdvertisers: Double?
            var testAfter: String?
            var seed: UInt64?
        }

        var version: Int?
        var parameters: Parameters
        var tasks: [Task]?
    }

    /// The rules that AlphaLake ships.
    public static let standard =
        (try? TaskRules(json: EmbeddedSchemas.contents(of: "ads/tasks.json"), over: nil)) ?? TaskRules()

    /// The shipped rules with some numbers replaced.
    /// - Parameter json: `{"parameters": {...}}`, with the names of `Schemas/ads/tasks.json`.
    /// - Throws: `LakeError` (usage) for text that is not of the form, names that there are not, and numbers out of range.
    public init(json: [UInt8], file: String) throws(LakeError) {
        do {
            self = try TaskRules(json: json, over: .standard)
        } catch {
            throw error.located(.init(file: file))
        }
    }

    private init() {}

    private init(json: [UInt8], over base: TaskRules?) throws(LakeError) {
        let contents: Contents
        do {
            try TaskRules.checkNames(json)
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            contents = try decoder.decode(Contents.self, from: Data(json))
        } catch let error as LakeError {
            throw error
        } catch {
            throw LakeError(
                .usage, "no rules of tasks: \(error)", hint: "write {\"parameters\": {\"variants\": 20}}")
        }
        self = base ?? TaskRules()
        version = contents.version ?? version
        let given = contents.parameters
        similarityAbove = given.similarityAbove ?? similarityAbove
        similarityBelow = given.similarityBelow ?? similarityBelow
        distanceAbove = given.distanceAbove ?? distanceAbove
        reach = given.reach ?? reach
        variants = given.variants ?? variants
        rewordings = given.rewordings ?? rewordings
        pairsPerPage = given.pairsPerPage ?? pairsPerPage
        rankDifference = given.rankDifference ?? rankDifference
        topStates = given.topStates ?? topStates
        statesCompared = given.statesCompared ?? statesCompared
        impressionsFrom = given.impressionsFrom ?? impressionsFrom
        testAdvertisers = given.testAdvertisers ?? testAdvertisers
        seed = given.seed ?? seed
        if let date = given.testAfter {
            guard let days = CalendarText.days(parsing: date) else {
                throw LakeError(.usage, "test_after: '\(date)' is no date", hint: "dates are written YYYY-MM-DD")
            }
            testAfter = days
        }
        for task in contents.tasks ?? [] where base == nil {
            if let known = SampleTask(name: task.task) { paperCounts[Int(known.rawValue)] = task.paper }
        }
        try checkRanges()
    }

    private static let names = [
        "similarity_above", "similarity_below", "distance_above", "reach", "variants", "rewordings", "pairs_per_page",
        "rank_difference", "top_states", "states_compared", "impressions_from", "test_advertisers", "test_after",
        "seed",
    ]

    private struct AnyName: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// The names of the parameters in a file.
    private struct Names: Decodable {
        var names: [String]

        init(from decoder: any Decoder) throws {
            let outer = try decoder.container(keyedBy: AnyName.self)
            let parameters = try outer.nestedContainer(
                keyedBy: AnyName.self, forKey: AnyName(stringValue: "parameters"))
            names = parameters.allKeys.map(\.stringValue).sorted()
        }
    }

    private static func checkNames(_ json: [UInt8]) throws {
        for name in try JSONDecoder().decode(Names.self, from: Data(json)).names where !names.contains(name) {
            throw LakeError(
                .usage, "there is no parameter '\(name)'",
                hint: suggestion(for: name, among: names) ?? "they are " + names.joined(separator: ", "))
        }
    }

    private func checkRanges() throws(LakeError) {
        func check(_ isGood: Bool, _ message: String) throws(LakeError) {
            if !isGood { throw LakeError(.usage, "rules of tasks: " + message) }
        }
        let isBand = 0 <= similarityAbove && similarityAbove < similarityBelow && similarityBelow <= 1
        try check(isBand, "0 <= similarity_above < similarity_below <= 1 is needed")
        try check((0...1_000_000).contains(distanceAbove), "distance_above must be 0 to 1,000,000")
        try check((1...65_536).contains(reach), "reach must be 1 to 65,536: pairs cost that many comparisons per ad")
        try check((0...10_000).contains(variants), "variants must be 0 to 10,000")
        try check((0...10_000).contains(rewordings), "rewordings must be 0 to 10,000")
        try check((0...1_000_000_000).contains(pairsPerPage), "pairs_per_page must be 0 to 1,000,000,000")
        try check((1...51).contains(rankDifference), "rank_difference must be 1 to 51")
        try check((1...51).contains(topStates), "top_states must be 1 to 51")
        try check((1...51).contains(statesCompared), "states_compared must be 1 to 51")
        try check((0...1).contains(testAdvertisers), "test_advertisers must be 0 to 1")
    }

    /// Whether all samples of a page are test data.
    func isTestAdvertiser(_ page: Int64) -> Bool {
        let hash = SplitMix64.mixed(UInt64(bitPattern: page) &+ seed)
        return Double(hash) / 18_446_744_073_709_551_616 < testAdvertisers
    }
}
