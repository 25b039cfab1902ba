/// The 18 tasks, in the order of `Schemas/ads/tasks.json` (ALPHA, AAAI 2026, Table A3).
public enum SampleTask: UInt8, CaseIterable, Sendable {
    case tagGender, tagAge, tagRegion, tagBudget, tagImpressions
    case tapGender, tapAge, tapRegion, tapBudget, tapImpressions
    case tsBudget, tsEngagement, tsAge, tsRegion, tsGender
    case tcAge, tcGender, tcRegion

    /// As the column `task` says it, such as `TC-A`.
    public var name: String { SampleTask.names[Int(rawValue)] }

    /// All names, in order.
    public static let names = [
        "TAG-G", "TAG-A", "TAG-R", "TAG-B", "TAG-I", "TAP-G", "TAP-A", "TAP-R", "TAP-B", "TAP-I", "TS-B", "TS-E",
        "TS-A",
        "TS-R", "TS-G", "TC-A", "TC-G", "TC-R",
    ]

    /// What the task varies, as the column `axis` says it.
    public var axis: String {
        switch self {
        case .tagGender, .tapGender, .tsGender, .tcGender: "gender"
        case .tagAge, .tapAge, .tsAge, .tcAge: "age"
        case .tagRegion, .tapRegion, .tsRegion, .tcRegion: "region"
        case .tagBudget, .tapBudget, .tsBudget: "budget"
        case .tagImpressions, .tapImpressions: "impressions"
        case .tsEngagement: "engagement"
        }
    }

    public init?(name: String) {
        guard let place = SampleTask.names.firstIndex(of: name.uppercased()) else { return nil }
        self.init(rawValue: UInt8(place))
    }

    /// Whether its samples are of two ads.
    public var isPair: Bool { rawValue >= SampleTask.tsBudget.rawValue }
}

/// The parts that samples are split into.
public enum SampleSplit: UInt8, CaseIterable, Sendable {
    case train, testAdvertiser, testTime

    public static let names = ["train", "test-advertiser", "test-time"]

    public var name: String { SampleSplit.names[Int(rawValue)] }
}
