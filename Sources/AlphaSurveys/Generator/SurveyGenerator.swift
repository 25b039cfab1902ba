import FoundationEssentials
import LakeBytes
import LakeCore

/// Writes a small, realistic set of survey files with every quirk the import copes with, a catalog and the details, all
/// of it invented. The same seed and size give the same bytes.
///
/// The set: `waves/` with ten waves in eleven `.sav` files, `catalog.json`, `survey-details.json`.
public struct SurveyGenerator: Sendable {
    /// Where the parts of a set lie.
    public struct Output: Sendable {
        public var waves: String
        public var catalog: String
        public var details: String
        public var files: Int
        /// Rows over all files, one per respondent.
        public var respondents: Int
    }

    public let seed: UInt64
    /// The size of the panel; a wave asks a third of it or more.
    public let respondents: Int

    public init(seed: UInt64 = 20_241_101, respondents: Int = 1_500) {
        self.seed = seed
        self.respondents = max(respondents, 30)
    }

    /// The files of the set before they are written.
    var generatedWaves: [GeneratedWave] {
        GeneratedWave.all(Panelist.panel(respondents, seed: seed))
    }

    /// Writes the set into `directory`, which is made if absent, over a set that is there.
    /// - Throws: `LakeError` (io) naming what cannot be written.
    public func write(to directory: String, store: any Store = LocalStore()) throws(LakeError) -> Output {
        let waves = generatedWaves
        let root = joinPath(directory, "waves")
        var total = 0
        for (index, wave) in waves.enumerated() {
            let path = joinPath(root, wave.path)
            try store.createDirectory(parentDirectory(of: path))
            try write(wave, to: path, seed: seed &+ UInt64(index + 1))
            total += wave.panelists.count
            if wave.macintosh { try writeAppleDouble(beside: path, below: root, store) }
        }
        try write(
            Array("Answers are coded as the questionnaire has them.\n".utf8),
            to: joinPath(root, "W1_Mar14", "Readme.txt"), store)
        let output = Output(
            waves: root, catalog: joinPath(directory, "catalog.json"),
            details: joinPath(directory, "survey-details.json"),
            files: waves.count, respondents: total)
        try write(catalog(waves), to: output.catalog, store)
        let details = Set(waves.compactMap(\.details)).sorted().joined(separator: ",\n ")
        try write(Array("[\(details)]\n".utf8), to: output.details, store)
        return output
    }

    private func write(_ wave: GeneratedWave, to path: String, seed: UInt64) throws(LakeError) {
        let writer = try SurveyWriter(path: path, rows: wave.panelists.count)
        for column in wave.columns { writer.add(column.column, width: column.width) }
        var random = SplitMix64(seed: seed)
        for panelist in wave.panelists {
            writer.write(wave.columns.map { $0.cell(panelist, &random) })
        }
        try writer.close()
    }

    /// What a Mac's archiver leaves: `__MACOSX/FOLDER/._NAME.sav`, which is no survey file.
    private func writeAppleDouble(beside path: String, below root: String, _ store: any Store) throws(LakeError) {
        let parts = path.dropFirst(root.utf8.count + 1).split(separator: "/")
        guard parts.count == 3 else { return }
        let folder = joinPath(root, String(parts[0]), "__MACOSX", String(parts[1]))
        try store.createDirectory(folder)
        let bytes: [UInt8] =
            [0, 5, 22, 7, 0, 2, 0, 0] + Array("Mac OS X        ".utf8) + [UInt8](repeating: 0, count: 96)
        try write(bytes, to: joinPath(folder, "._" + parts[2]), store)
    }

    private func catalog(_ waves: [GeneratedWave]) throws(LakeError) -> [UInt8] {
        var entries: [String: [String: QuestionCatalog.Entry]] = [:]
        for wave in waves where !wave.catalog.isEmpty { entries[wave.wave.name] = wave.catalog }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(entries)) + [UInt8(ascii: "\n")]
        } catch {
            throw LakeError(.failed, "cannot encode the catalog: \(error)")
        }
    }

    private func write(_ bytes: [UInt8], to path: String, _ store: any Store) throws(LakeError) {
        if try store.size(path) != nil { try store.remove(path) }
        let file = try store.create(path)
        try file.append(bytes)
        try file.close()
    }
}
