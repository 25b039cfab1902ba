import AlphaAds
import LakeBytes
import LakeCore
import LakeIngest
import LakeShard

/// An ad and the form that it came in. A class, so that it is not copied on its way.
final class BoxedAd: Sendable {
    let ad: Ad
    let form: String

    init(_ ad: Ad, form: String) {
        self.ad = ad
        self.form = form
    }
}

/// Ads in one file of any form, read as often as is asked.
struct AdFile {
    /// A row of the file: the ad, or nil and why it could not be read, and the cells that it came in.
    struct Row: Sendable {
        var ad: BoxedAd?
        var reason = ""
        /// By the names of the fields that it has.
        var cells: [(field: String, text: [UInt8])]
    }

    let path: String
    private let isCSV: Bool
    private let reader = AdReader()
    private let workers: Int

    /// - Throws: `LakeError` when the file cannot be opened, or holds no text.
    init(path: String, workers: Int) throws {
        self.path = path
        self.workers = workers
        // Standard input is read once; its form is told when it is.
        let input = try path == "-" ? nil : TableImport(paths: [path])
        if case .csv? = input?.formats.first?.format { isCSV = true } else { isCSV = false }
    }

    var isRepeatable: Bool { path != "-" }

    /// What reading found beside the ads.
    struct Remains {
        var bytes = 0
        var badLines: [BadLine] = []
        var badLineCount = 0
        var ignoredFields: [String: Int] = [:]
    }

    /// Hands out all ads in the order of the file.
    /// - Parameter body: gets some rows and the bytes read so far.
    /// - Throws: `LakeError` when the file cannot be read, and what `body` throws.
    func forEach(
        keepsCells: Bool, _ body: (_ rows: [Row], _ bytes: Int) throws -> Void
    ) throws -> Remains {
        let areRounded = try isCSV && isRepeatable && hasRoundedIds()
        let (input, rows) = try open()
        var isCSV = isCSV
        if case .csv? = input.formats.first?.format { isCSV = true }
        let form = isCSV ? "csv" : "json"
        let origin: AdReader.Origin = isCSV ? .csv(areIdsRounded: areRounded) : .json
        while let batch = try rows.next() {
            let starts = Array(stride(from: 0, to: batch.count, by: 512))
            let read = try parallelMap(count: starts.count, workers: workers) { place in
                var read: [Row] = []
                for row in starts[place]..<min(batch.count, starts[place] + 512) {
                    let outcomes = reader.ads(batch.columns, row: row, origin: origin)
                    let cells = keepsCells ? AdFile.cells(batch, row) : []
                    for outcome in outcomes {
                        switch outcome {
                        case .ad(let ad): read.append(Row(ad: BoxedAd(ad, form: form), cells: cells))
                        case .unreadable(let reason): read.append(Row(reason: reason, cells: cells))
                        }
                    }
                }
                return read
            }
            let bytes = rows.report.bytes
            for part in read { try body(part, bytes) }
        }
        let report = rows.report
        return Remains(
            bytes: report.bytes, badLines: report.reasons, badLineCount: report.badLines,
            ignoredFields: report.ignoredFields)
    }

    private func open() throws -> (TableImport, RowReader) {
        let input = try TableImport(paths: [path], options: ImportOptions(badLines: .skip(keeping: 100_000)))
        let schema = try Schema(
            fields: AdReader.fields.enumerated().map { Field(id: $0.offset + 1, name: $0.element, type: .utf8) })
        return (input, try input.rows(try input.plan(existing: nil, declared: schema)))
    }

    /// Whether a spreadsheet has rounded the ids of the file.
    private func hasRoundedIds() throws -> Bool {
        let (_, rows) = try open()
        var ids = RoundedIds()
        while let batch = try rows.next() {
            for row in 0..<batch.count { ids.see(batch.columns, row: row) }
        }
        return ids.areRounded
    }

    private static func cells(_ batch: Batch, _ row: Int) -> [(field: String, text: [UInt8])] {
        zip(AdReader.fields, batch.columns).compactMap { field, column in
            guard !column.isNull(row), case .bytes(let texts) = column.values else { return nil }
            return (field, Array(texts[row]))
        }
    }
}
