import LakeCore

/// Why an ad is left out of the table (ALPHA, AAAI 2026, *Cleaning*).
public enum CleaningRule: String, CaseIterable, Sendable {
    /// Another ad has its id.
    case duplicate
    case emptyBody = "empty-body"
    case noPage = "no-page"
    case noDates = "no-dates"
    case noLocation = "no-location"

    /// What it says to people.
    public var explanation: String {
        switch self {
        case .duplicate: "the id of another ad"
        case .emptyBody: "no text"
        case .noPage: "no page"
        case .noDates: "no start date"
        case .noLocation: "no delivery by region"
        }
    }
}

/// Which rules an import applies.
public struct AdCleaning: Sendable {
    public var rules: Set<CleaningRule>

    public init(rules: Set<CleaningRule> = Set(CleaningRule.allCases)) { self.rules = rules }

    /// The first rule that leaves the ad out, of those that look at it alone; nil when it stays.
    public func refusal(of ad: Ad) -> CleaningRule? {
        if rules.contains(.noPage), ad.pageID == nil { return .noPage }
        if rules.contains(.noDates), ad.startDate == nil { return .noDates }
        if rules.contains(.emptyBody), !ad.bodies.contains(where: { $0.contains { !$0.isWhitespace } }) {
            return .emptyBody
        }
        if rules.contains(.noLocation), ad.regionShares == nil { return .noLocation }
        return nil
    }
}
