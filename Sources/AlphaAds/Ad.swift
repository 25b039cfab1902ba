import LakeCore

/// An advertisement as its source tells it, in one form whatever the source's.
public struct Ad: Sendable, Equatable {
    /// A range of whole numbers as the ad library gives it: open above when `upper` is nil.
    public struct Range: Sendable, Equatable {
        public var lower: Int64
        public var upper: Int64?

        public init(_ lower: Int64, _ upper: Int64?) {
            self.lower = lower
            self.upper = upper
        }

        /// The middle; the lower bound of a range that is open above.
        public var estimate: Double { upper.map { (Double(lower) + Double($0)) / 2 } ?? Double(lower) }
    }

    /// A region that is no state of the census, as the source calls it.
    public struct OtherRegion: Sendable, Equatable {
        public var name: String
        public var share: Double

        public init(name: String, share: Double) {
            self.name = name
            self.share = share
        }
    }

    /// The library's number of the ad; nil when it is not known for certain.
    public var id: Int64?
    /// The number as a spreadsheet left it, with 15 digits that count: no key.
    public var roundedID: Int64?
    public var pageID: Int64?
    public var pageName: String?
    /// Who paid.
    public var byline: String?
    public var currency: String?
    public var languages: [String] = []
    public var platforms: [String] = []
    /// One text per frame.
    public var bodies: [String] = []
    public var titles: [String] = []
    public var captions: [String] = []
    public var descriptions: [String] = []
    /// What is seen and heard in the media, in words.
    public var mediaText: String?
    /// Days since 1970-01-01.
    public var createdDate: Int32?
    public var startDate: Int32?
    public var stopDate: Int32?
    public var spend: Range?
    public var impressions: Range?
    /// Estimated size of the audience aimed at.
    public var audience: Range?
    /// Shares of those who saw it, by age bracket and gender (`Census.sharedAges`, `Census.sharedGenders`): bracket `a` and
    /// gender `g` at `3 * a + g`; nil when the source has none.
    public var demographicShares: [Double]?
    /// Shares by state, in the order of `Census.states`; nil when the source has none, zeros when it has only other regions.
    public var regionShares: [Double]?
    public var otherRegions: [OtherRegion] = []
    /// What was repaired and what looks wrong.
    public var flags: Set<AdFlag> = []
    /// Whether it was made up by `AdGenerator`, or derived from such.
    public var isSynthetic = false

    public init() {}
}

/// What was repaired in an ad, or is kept although it looks wrong. The raw value stands in the column `flags`.
public enum AdFlag: String, Sendable, CaseIterable {
    /// Text had been read in a wrong encoding, and was put right.
    case textRepaired = "text-repaired"
    /// A region came more than once: its shares were added up.
    case regionsDoubled = "regions-doubled"
    /// An age bracket and gender came more than once: their shares were added up.
    case demographicsDoubled = "demographics-doubled"
    /// The id had been written as a number with a fraction or an exponent, which lost nothing.
    case idRepaired = "id-repaired"
    /// The id has lost digits: `ad_id` is NULL, `rounded_id` holds what is left.
    case idRounded = "id-rounded"
    /// The id was no number that 64 bits hold: `ad_id` is NULL.
    case idUnreadable = "id-unreadable"
    /// The page's id was no such number, or has lost digits: `page_id` is NULL.
    case pageUnreadable = "page-unreadable"
    /// A stop time that is no time, such as 999, was taken for none.
    case stopUnknown = "stop-unknown"
    /// Shares of age and gender do not sum to 1 within 1 %.
    case demographicsOff = "demographics-off"
    /// Shares of regions do not sum to 1 within 1 %.
    case regionsOff = "regions-off"
    /// A bracket, gender or share that could not be read was left out.
    case sharesDropped = "shares-dropped"
    /// A range was negative, or its lower bound above the upper one: it counts as unknown.
    case rangeRefused = "range-refused"
    /// A range was no number: it counts as unknown.
    case rangeUnreadable = "range-unreadable"
    /// A date that could not be read counts as unknown.
    case dateUnreadable = "date-unreadable"
    /// Starts before the year 2000.
    case dateEarly = "date-early"
    /// Stops before it starts.
    case stopBeforeStart = "stop-before-start"
    /// Damaged UTF-8 was replaced.
    case textDamaged = "text-damaged"
}
