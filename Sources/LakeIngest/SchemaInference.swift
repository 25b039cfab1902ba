import LakeCore

/// Reads inputs once to learn what their columns hold.
///
/// A file is read as a whole, so that every row fits what was inferred from it; of a pipe only as much as `limit`
/// says, which is kept in memory. What comes behind may then be refused, with its line.
struct SchemaInference {
    /// In order of first appearance over all inputs.
    private(set) var columns: [ColumnProfile] = []
    private var places: [String: Int] = [:]
    private var log: BadLineLog
    /// Read from all inputs so far.
    private(set) var bytes = 0
    private let policy: BadLinePolicy

    init(policy: BadLinePolicy) {
        self.policy = policy
        log = BadLineLog(policy: policy)
    }

    /// Reads an input and rewinds it. Stops early when `shouldStop`, asked with the bytes read so far, says so.
    /// - Throws: `LakeError` for input that cannot be read and, under `BadLinePolicy.fail`, for a malformed line.
    mutating func add(_ reader: BlockReader, format: TextFormat, limit: Int, shouldStop: (Int) -> Bool)
        throws(LakeError)
    {
        switch format {
        case .csv(let dialect): try add(reader, dialect, limit, shouldStop)
        case .jsonLines: try add(reader, .lines, limit, shouldStop)
        case .json: try add(reader, .values, limit, shouldStop)
        }
        bytes += reader.position
        try reader.rewind()
    }

    private mutating func add(
        _ reader: BlockReader, _ layout: JSONLayout, _ limit: Int, _ shouldStop: (Int) -> Bool
    ) throws(LakeError) {
        let profiler = try JSONProfiler(file: reader.path, layout: layout)
        while true {
            let (taken, refusals) = profiler.parse(reader)
            reader.consume(taken)
            try log.add(refusals.map { $0.badLine(file: reader.path) })
            if reader.position >= limit || shouldStop(bytes + reader.position) { break }
            if taken > 0, !reader.window.isEmpty { continue }
            if try !reader.fill() { break }
        }
        merge(profiler.columns)
    }

    private mutating func add(
        _ reader: BlockReader, _ dialect: CSVDialect, _ limit: Int, _ shouldStop: (Int) -> Bool
    ) throws(LakeError) {
        let table = try CSVTable(reader: reader, dialect: dialect)
        var profiles = table.header.map(ColumnProfile.init)
        while reader.position < limit, !shouldStop(bytes + reader.position), try table.advance(limit: 65_536) {
            table.profile(into: &profiles)
            try log.add(
                table.scanner.refused.map { BadLine(file: reader.path, line: $0.line, reason: $0.reason) }
                    + table.damaged.map {
                        BadLine(file: reader.path, line: table.scanner.lines[$0], reason: "not valid UTF-8")
                    })
        }
        merge(profiles)
    }

    private mutating func merge(_ found: [ColumnProfile]) {
        for profile in found {
            if let place = places[profile.name] {
                columns[place].merge(profile)
            } else {
                places[profile.name] = columns.count
                columns.append(profile)
            }
        }
    }

    /// The schema that holds all of it: nullable columns, numbered from 1.
    /// - Throws: `LakeError` (failed) when there is no column, (usage) for names that a schema refuses.
    func schema() throws(LakeError) -> Schema {
        guard !columns.isEmpty else {
            throw LakeError(.failed, "the input has no columns", hint: "is it empty? columns can be given by --schema")
        }
        return try Schema(
            fields: columns.enumerated().map {
                Field(id: $0.offset + 1, name: $0.element.name, type: $0.element.inferredType)
            })
    }
}
