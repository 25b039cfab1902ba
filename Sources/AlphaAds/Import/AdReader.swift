import LakeBytes

/// Makes ads of input rows, in whatever form these are: records of the Ad Library API, old and new, exports of its web
/// site, and tables that people have made of both.
///
/// A row is a cell of text for each of `fields`: a JSON string or a CSV cell as it is, anything nested as its JSON.
public struct AdReader: Sendable {
    /// Where rows come from.
    public enum Origin: Sendable, Equatable {
        case json
        /// - Parameter areIdsRounded: whether a spreadsheet has rounded the ids of the file (`RoundedIds`).
        case csv(areIdsRounded: Bool)
    }

    /// What came of a row.
    public enum Outcome: Sendable, Equatable {
        case ad(Ad)
        case unreadable(reason: String)
    }

    /// The names of all fields that say something about an ad, in the order of the columns of `ads(_:row:origin:)`.
    public static let fields: [String] = AdField.allNames

    private static let firstUsualDay: Int32 = 10_957  // 2000-01-01

    private let shares: ShareReader

    /// - Parameter census: knows the names of the states.
    public init(census: Census = .standard) {
        shares = ShareReader(census)
    }

    /// Reads a row: one outcome, but for a row that is `data` alone, an answer of the API, which gives one per element.
    /// - Parameter columns: text, one column for each of `fields`.
    public func ads(_ columns: [ColumnVector], row: Int, origin: Origin) -> [Outcome] {
        guard columns.count == AdReader.fields.count else {
            return [.unreadable(reason: "\(columns.count) columns instead of \(AdReader.fields.count)")]
        }
        let cells = AdRow(columns: columns, row: row)
        let ad = read(cells, origin)
        if ad != Ad() { return [.ad(ad)] }
        if let data = cells.first(.data), origin == .json || !data.isAbsent { return records(data) }
        return [.unreadable(reason: "no field of an ad has a value")]
    }

    /// The id that a row gives the ad.
    static func id(_ columns: [ColumnVector], row: Int, isRounded: Bool) -> AdId {
        for column in AdField.id.columns where column < columns.count {
            guard let cell = AdCell(columns[column], row: row) else { continue }
            let id = AdId(cell.data.span, cell.start, cell.end, isRounded: isRounded)
            if id != .unreadable { return id }
        }
        return .unreadable
    }

    func read(_ row: AdRow, _ origin: Origin) -> Ad {
        var ad = Ad()
        readIds(row, origin, &ad)
        ad.pageName = row.name(.pageName, origin, &ad.flags)
        ad.byline = row.name(.byline, origin, &ad.flags)
        ad.currency = row.name(.currency, origin, &ad.flags)?.uppercased()
        ad.languages = row.words(.languages)
        ad.platforms = row.words(.platforms)
        ad.bodies = row.frames(.bodies, origin, &ad.flags)
        ad.titles = row.frames(.titles, origin, &ad.flags)
        ad.captions = row.frames(.captions, origin, &ad.flags)
        ad.descriptions = row.frames(.descriptions, origin, &ad.flags)
        let media = row.frames(.mediaText, origin, &ad.flags)
        if !media.isEmpty { ad.mediaText = media.joined(separator: "\n") }
        readDates(row, &ad)
        ad.spend = row.range(.spend, .spendLower, .spendUpper, &ad.flags)
        ad.impressions = row.range(.impressions, .impressionsLower, .impressionsUpper, &ad.flags)
        ad.audience = row.range(.audience, .audienceLower, .audienceUpper, &ad.flags)
        if let cell = row.first(.demographics) { shares.readDemographics(cell, into: &ad) }
        if let cell = row.first(.regions) { shares.readRegions(cell, into: &ad) }
        return ad
    }

    private func readIds(_ row: AdRow, _ origin: Origin, _ ad: inout Ad) {
        switch AdReader.id(row.columns, row: row.row, isRounded: origin == .csv(areIdsRounded: true)) {
        case .exact(let id): ad.id = id
        case .repaired(let id):
            ad.id = id
            ad.flags.insert(.idRepaired)
        case .rounded(let id):
            ad.roundedID = id
            ad.flags.insert(.idRounded)
        case .unreadable: if row.first(.id) != nil { ad.flags.insert(.idUnreadable) }
        }
        guard let page = row.first(.pageID) else { return }
        switch AdId(page.data.span, page.start, page.end, isRounded: false) {
        case .exact(let id), .repaired(let id): ad.pageID = id
        // A page that is not known for certain is none: its ads would be taken for another's.
        case .rounded, .unreadable: ad.flags.insert(.pageUnreadable)
        }
    }

    private func readDates(_ row: AdRow, _ ad: inout Ad) {
        ad.createdDate = row.date(.created, &ad.flags)
        ad.startDate = row.date(.start, &ad.flags)
        if let cell = row.first(.stop) {
            switch AdDate(cell.data.span, cell.start, cell.end) {
            case .day(let day): ad.stopDate = day
            case .absent, .number: ad.flags.insert(.stopUnknown)
            case .unreadable: ad.flags.insert(.dateUnreadable)
            }
        }
        let usual = AdReader.firstUsualDay
        if (ad.createdDate ?? usual) < usual || (ad.startDate ?? usual) < usual || (ad.stopDate ?? usual) < usual {
            ad.flags.insert(.dateEarly)
        }
        if let start = ad.startDate, let stop = ad.stopDate, stop < start { ad.flags.insert(.stopBeforeStart) }
    }
}
