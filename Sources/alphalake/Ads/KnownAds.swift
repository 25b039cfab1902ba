import AlphaAds
import LakeBytes
import LakeCore
import LakeQuery
import LakeShard
import LakeTable

/// The ads that a table has, or gets, as far as telling others from them needs.
struct KnownAds {
    /// What identifies an ad whose id has lost its last digits.
    private struct Trace: Hashable {
        /// The digits of the id that a spreadsheet keeps.
        var digits: Int64
        var page: Int64?
        var start: Int32?
    }

    private var ids = Set<Int64>()
    private var traces = Set<Trace>()
    /// Of rows with rounded ids.
    private var roundedTraces = Set<Trace>()

    init() {}

    /// The ads of a table.
    init(_ engine: QueryEngine, table: String) throws {
        let sql = "SELECT ad_id, rounded_id, page_id, start_date FROM \"\(table)\""
        try engine.prepare(sql).run { batch in
            let columns = batch.columns.map { $0.spelledOut() }
            func value(_ column: Int, _ row: Int) -> Int64? {
                guard !columns[column].isNull(row), case .integers(let values) = columns[column].values else {
                    return nil
                }
                return values[row]
            }
            for row in 0..<batch.count {
                let (page, start) = (value(2, row), value(3, row).flatMap { Int32(exactly: $0) })
                if let id = value(0, row) {
                    ids.insert(id)
                    traces.insert(Trace(digits: KnownAds.digits(id), page: page, start: start))
                } else if let rounded = value(1, row) {
                    roundedTraces.insert(Trace(digits: KnownAds.digits(rounded), page: page, start: start))
                }
            }
        }
    }

    /// Notes an ad.
    /// - Returns: false when one with the id is there already.
    mutating func insert(_ id: Int64, _ ad: Ad) -> Bool {
        guard ids.insert(id).inserted else { return false }
        traces.insert(Trace(digits: KnownAds.digits(id), page: ad.pageID, start: ad.startDate))
        return true
    }

    /// Whether an ad with a rounded id is one that is known: the first 15 digits, the page and the start agree.
    func isKnown(rounded ad: Ad) -> Bool {
        let trace = KnownAds.trace(rounded: ad)
        return traces.contains(trace) || roundedTraces.contains(trace)
    }

    mutating func insert(rounded ad: Ad) { roundedTraces.insert(KnownAds.trace(rounded: ad)) }

    private static func trace(rounded ad: Ad) -> Trace {
        Trace(digits: digits(ad.roundedID ?? 0), page: ad.pageID, start: ad.startDate)
    }

    /// The first 15 digits.
    private static func digits(_ id: Int64) -> Int64 {
        var digits = id
        while digits >= 1_000_000_000_000_000 { digits /= 10 }
        return digits
    }
}
