import LakeBytes
import LakeCore

/// Reads survey files into waves: walks the paths, tells which file belongs to which wave, drops files whose
/// respondents another file holds, and hands out one `SurveyWave` at a time.
///
/// ```swift
/// let summary = try SurveyImport(catalog: catalog, details: details).run(paths: ["waves"]) { wave in
///     try table.append(wave.responses)
/// }
/// ```
///
/// What cannot be read is reported and the rest goes on; only `sink`'s own errors, and a path that is not there, end
/// it.
public struct SurveyImport: Sendable {
    /// A wave and the files that hold it.
    public struct Plan: Sendable {
        public var wave: Wave
        public var paths: [String]
    }

    private let store: any Store
    private let mapping: Harmonisation
    private let catalog: QuestionCatalog
    private let details: SurveyDetails

    /// - Throws: `LakeError` when the shipped mapping cannot be decoded.
    public init(
        catalog: QuestionCatalog = .empty, details: SurveyDetails = .empty, mapping: Harmonisation? = nil,
        store: any Store = LocalStore()
    ) throws(LakeError) {
        self.store = store
        self.catalog = catalog
        self.details = details
        if let mapping { self.mapping = mapping } else { self.mapping = try .shipped() }
    }

    /// Reads every wave under `paths`, ascending, and hands each to `sink`.
    /// - Throws: `LakeError` (missing) for a path that is not there, and whatever `sink` throws.
    public func run(paths: [String], sink: (SurveyWave) throws -> Void) throws -> SurveySummary {
        var (plans, summary) = try plan(paths: paths)
        for plan in plans {
            let (wave, reports) = read(plan)
            if let wave { try sink(wave) }
            summary.files += reports
        }
        return summary
    }

    /// The waves under `paths`, ascending, and reports on the files that belong to none. Reads no answers.
    /// - Throws: `LakeError` (missing, io) for a path that is not there or a folder that cannot be listed.
    public func plan(paths: [String]) throws(LakeError) -> (plans: [Plan], summary: SurveySummary) {
        var summary = SurveySummary()
        var waves: [Wave: [String]] = [:]
        for path in paths {
            guard try store.size(path) != nil else {
                throw LakeError(.missing, "no such file or folder", at: .init(file: path), hint: "check the path")
            }
            walk(path, depth: 0, named: true, &waves, &summary)
        }
        let plans = waves.map { Plan(wave: $0, paths: SurveyImport.distinct($1)) }
        return (plans.sorted { $0.wave < $1.wave }, summary)
    }

    /// Reads one wave. May be called from several threads at once for different plans.
    /// - Returns: The wave, nil when none of its files could be read, and a report on every file.
    public func read(_ plan: Plan) -> (wave: SurveyWave?, reports: [FileReport]) {
        var reports: [FileReport] = []
        var files: [SurveyFile] = []
        for path in plan.paths {
            do throws(LakeError) {
                files.append(try SurveyFile(path: path))
            } catch {
                reports.append(FileReport(path: path, wave: plan.wave, outcome: .failed(error.message)))
            }
        }
        guard let chosen = choose(files, plan.wave, &reports) else { return (nil, reports) }
        let wave = WaveReader(chosen, wave: plan.wave, mapping: mapping, catalog: catalog, details: details).read()
        return (wave, [wave.report] + reports)
    }

    /// Of the files of a wave the one with the most respondents; the others are covered by it, or fail where they hold
    /// respondents of their own, since a wave's rows come from one file.
    private func choose(_ files: [SurveyFile], _ wave: Wave, _ reports: inout [FileReport]) -> SurveyFile? {
        guard files.count > 1 else { return files.first }
        let ids = files.map { Set(Harmoniser(mapping, wave: wave, file: $0).ids()) }
        let order = files.indices.sorted {
            (ids[$0].count, files[$0].columns.count, files[$1].path) > (
                ids[$1].count, files[$1].columns.count, files[$0].path
            )
        }
        let best = order[0]
        for index in order.dropFirst() {
            let strangers = ids[index].subtracting(ids[best]).count
            let outcome: FileReport.Outcome =
                strangers == 0
                ? .covered(by: files[best].path)
                : .failed(
                    "\(strangers) of its \(ids[index].count) respondents are not in \(files[best].path), "
                        + "which holds the wave \(wave)")
            reports.append(FileReport(path: files[index].path, wave: wave, outcome: outcome))
        }
        return files[best]
    }

    private func walk(
        _ path: String, depth: Int, named: Bool, _ waves: inout [Wave: [String]], _ summary: inout SurveySummary
    ) {
        let name = String(path.split(separator: "/").last ?? "")
        if !named, name == "__MACOSX" || name.hasPrefix("._") {
            summary.files.append(FileReport(path: path, outcome: .ignored("left behind by a Mac's archiver")))
            return
        }
        do throws(LakeError) {
            let names = try store.list(path)
            guard depth < 32 else { throw LakeError(.failed, "more than 32 folders deep") }
            for name in names { walk(joinPath(path, name), depth: depth + 1, named: false, &waves, &summary) }
            return
        } catch {
            // A file cannot be listed, which the system calls missing; anything else is a folder we may not read.
            if error.code != .missing {
                summary.files.append(FileReport(path: path, outcome: .failed(error.message)))
                return
            }
        }
        guard named || name.lowercased().hasSuffix(".sav") || name.lowercased().hasSuffix(".zsav") else {
            summary.files.append(FileReport(path: path, outcome: .ignored("not an SPSS system file (.sav)")))
            return
        }
        do throws(LakeError) {
            let header = try SurveyFile(path: path, cells: false)
            guard let wave = Wave.of(path: path, columns: header.columns.map(\.name)) else {
                throw LakeError(
                    .failed, "cannot tell its wave: name the file or its folder after it, as in 'ATP W54.sav'")
            }
            waves[wave, default: []].append(path)
        } catch {
            summary.files.append(FileReport(path: path, outcome: .failed(error.message)))
        }
    }

    /// The paths in order, each once.
    private static func distinct(_ paths: [String]) -> [String] {
        var seen = Set<String>()
        return paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.filter { seen.insert($0).inserted }
    }
}
