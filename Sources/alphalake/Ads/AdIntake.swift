import AlphaAds
import LakeBytes
import LakeCore
import LakeShard

/// Ads on their way from files into shards: cleaned, told apart, sorted by page, and counted.
struct AdIntake {
    /// What became of the rows.
    struct Counts {
        var read = 0
        var kept = 0
        var unreadable = 0
        var dropped: [CleaningRule: Int] = [:]
        var flags: [AdFlag: Int] = [:]
        /// Ads with a rounded id that are ads that were there, by page, dates and digits.
        var matched = 0
        /// Ads with a rounded id that are nobody's.
        var apart = 0
    }

    private let cleaning: AdCleaning
    /// Whether an ad takes the place of the one with its id.
    private let upserts: Bool
    private var known: KnownAds
    /// Ads whose ids have lost digits: who they are is asked when all others are known.
    private var rounded: [BoxedAd] = []
    private var pending: [BoxedAd] = []
    private var pendingBytes = 0
    private(set) var counts = Counts()

    /// - Parameter known: the ads of the table, empty where an upsert replaces them.
    init(cleaning: AdCleaning, upserts: Bool, known: KnownAds) {
        self.cleaning = cleaning
        self.upserts = upserts
        self.known = known
    }

    /// Ads that wait to be written; beyond some hundred MiB they should be.
    var isFull: Bool { pendingBytes > 384 << 20 }

    /// Takes an ad in.
    /// - Parameter isSuperseded: whether the input has a later ad with its id.
    /// - Returns: why it is left out; nil when it is not.
    mutating func take(_ boxed: BoxedAd, isSuperseded: Bool = false) -> CleaningRule? {
        counts.read += 1
        let ad = boxed.ad
        if let rule = cleaning.refusal(of: ad) { return drop(rule) }
        for flag in ad.flags { counts.flags[flag, default: 0] += 1 }
        if ad.id == nil, ad.roundedID != nil {
            rounded.append(boxed)
            return nil
        }
        if let id = ad.id, cleaning.rules.contains(.duplicate) || upserts {
            guard !isSuperseded, known.insert(id, ad) else { return drop(.duplicate) }
        }
        keep(boxed)
        return nil
    }

    mutating func countUnreadable() {
        counts.read += 1
        counts.unreadable += 1
    }

    private mutating func drop(_ rule: CleaningRule) -> CleaningRule {
        counts.dropped[rule, default: 0] += 1
        return rule
    }

    private mutating func keep(_ entry: BoxedAd) {
        counts.kept += 1
        pending.append(entry)
        pendingBytes += 1200 + entry.ad.bodies.reduce(0) { $0 + 2 * $1.utf8.count }
    }

    /// Settles who the ads with rounded ids are, now that all others are known.
    /// - Returns: those that are left out, as the ads that they are.
    mutating func settleRounded() -> [(ad: Ad, rule: CleaningRule)] {
        var left: [(ad: Ad, rule: CleaningRule)] = []
        for entry in rounded {
            if known.isKnown(rounded: entry.ad) {
                counts.matched += 1
                left.append((entry.ad, drop(.duplicate)))
            } else {
                counts.apart += 1
                known.insert(rounded: entry.ad)
                keep(entry)
            }
        }
        rounded = []
        return left
    }

    /// The ads that wait, as rows of the table: those of a page together, by start and id.
    mutating func takePending(workers: Int) throws -> [Batch] {
        let keys = pending.enumerated().map { place, entry in
            let ad = entry.ad
            return (ad.pageID ?? .max, Int64(ad.startDate ?? .max), ad.id ?? ad.roundedID ?? .max, place)
        }
        let unsorted = pending
        let entries = keys.sorted { $0 < $1 }.map { unsorted[$0.3] }
        pending = []
        pendingBytes = 0
        let starts = Array(stride(from: 0, to: entries.count, by: 2048))
        return try parallelMap(count: starts.count, workers: workers) { place in
            var columns = AdColumns()
            for entry in entries[starts[place]..<min(entries.count, starts[place] + 2048)] {
                columns.append(entry.ad, origin: entry.form)
            }
            return columns.batch
        }
    }
}
