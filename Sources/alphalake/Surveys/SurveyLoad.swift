import AlphaSurveys
import LakeBytes
import LakeCore
import LakeShard
import LakeTable
import Synchronization

/// Puts waves of survey files into the tables `responses` and `questions` of a lake.
///
/// A wave has shards of its own in both tables, tagged with its name and the digest of its file: that is how a wave is
/// found again and replaced without touching another. All waves go in together, `questions` first, so that no response
/// ever refers to a question that is not there.
struct SurveyLoad {
    /// What became of the files.
    struct Outcome {
        var summary: SurveySummary
        /// Waves that were in the lake before and were left as they are, with whether their file is another one now.
        var present: [(wave: Wave, path: String, differs: Bool)] = []
        /// Waves that took the place of what was there.
        var replaced: [Wave] = []
    }

    let lake: Lake
    let importer: SurveyImport
    let replaces: Bool
    let workers: Int

    /// A wave's shards before they are committed.
    private struct WrittenWave: Sendable {
        var wave: Wave
        var responses: [NewShard] = []
        var questions: [NewShard] = []
        var reports: [FileReport]
    }

    /// - Throws: `LakeError`: for paths that are not there, tables with other columns, a lake that cannot be written, and
    ///   (conflict) another import of the same wave at the same time.
    func run(paths: [String], _ console: Console) throws -> Outcome {
        var (plans, summary) = try importer.plan(paths: paths)
        guard !plans.isEmpty || !summary.failures.isEmpty else {
            throw LakeError(
                .missing, "no survey files (.sav) here", at: .init(file: paths.joined(separator: ", ")),
                hint: "name files or folders that hold them")
        }
        // Nothing to read, nothing to make tables for.
        guard !plans.isEmpty else { return Outcome(summary: summary) }
        let responses = try table("responses", SurveyTables.responses())
        let questions = try table("questions", SurveyTables.questions())
        let before = (responses: try responses.manifest(), questions: try questions.manifest())
        var outcome = Outcome(summary: summary)
        if !replaces {
            let inBoth = { (wave: Wave) in
                !before.responses.shards(tagged: "wave", wave.name).isEmpty
                    && !before.questions.shards(tagged: "wave", wave.name).isEmpty
            }
            for plan in plans where inBoth(plan.wave) {
                outcome.present.append(try present(plan, before.responses))
            }
            plans.removeAll { inBoth($0.wave) }
        }
        let written = try write(plans, responses, questions, console)
        let inserted = written.filter { !$0.responses.isEmpty }
        // Two tables, two commits: once the questions are in their table, their files are no longer ours to remove.
        do {
            try commit(questions, before.questions, inserted.map { ($0.wave, $0.questions) })
        } catch let error as LakeError where error.code == .conflict || error.code == .usage {
            remove(written.flatMap(\.questions), questions)
            remove(written.flatMap(\.responses), responses)
            throw error
        }
        do {
            try commit(responses, before.responses, inserted.map { ($0.wave, $0.responses) })
        } catch let error as LakeError where error.code == .conflict || error.code == .usage {
            remove(written.flatMap(\.responses), responses)
            throw error
        }
        summary.files += written.flatMap(\.reports)
        outcome.summary = summary
        outcome.replaced = inserted.map(\.wave).filter { !before.responses.shards(tagged: "wave", $0.name).isEmpty }
        return outcome
    }

    // MARK: Tables

    private func table(_ name: String, _ schema: Schema) throws -> TableDirectory {
        if try !lake.hasTable(name) {
            do {
                return try lake.createTable(name, schema: schema)
            } catch let error as LakeError where error.code == .conflict {
                // Another import made it just now: append to that.
            }
        }
        let table = try lake.table(name)
        // Columns may have been added, dropped, renamed and widened since: those that are added are NULL in what comes in.
        let there = try table.manifest().schema.stored
        do throws(LakeError) { try schema.checkWidening(to: there) } catch {
            throw LakeError(
                .usage, "the table has other columns than a survey import fills", at: .init(table: name),
                hint: "import into a lake of its own: `alphalake init`")
        }
        return table
    }

    private func present(_ plan: SurveyImport.Plan, _ manifest: Manifest) throws -> (Wave, String, Bool) {
        let known = Set(manifest.shards(tagged: "wave", plan.wave.name).compactMap { $0.tags["source"] })
        for path in plan.paths where known.contains(try digest(path).hex) { return (plan.wave, path, false) }
        return (plan.wave, plan.paths.joined(separator: ", "), true)
    }

    private func digest(_ path: String) throws -> Digest {
        let digest = FileDigest()
        digest.update(try lake.store.map(path).view)
        return digest.digest
    }

    // MARK: Shards

    private func write(
        _ plans: [SurveyImport.Plan], _ responses: TableDirectory, _ questions: TableDirectory, _ console: Console
    ) throws -> [WrittenWave] {
        let sizes = try plans.map { try $0.paths.reduce(0) { try $0 + (lake.store.size($1) ?? 0) } }
        let progress = Progress("importing", total: sizes.reduce(0, +), unit: .bytes, on: console)
        defer { progress.finish() }
        let state = Mutex<(done: Int, waves: [WrittenWave])>((0, []))
        do {
            // A wave is in memory as a whole, so few at a time.
            try parallelFor(count: plans.count, workers: min(workers, 4)) { index in
                let written = try write(plans[index], responses, questions)
                let done = state.withLock { state in
                    state.waves.append(written)
                    state.done += sizes[index]
                    return state.done
                }
                progress.update(done: done, detail: written.wave.name)
            }
        } catch {
            let waves = state.withLock { $0.waves }
            remove(waves.flatMap(\.responses), responses)
            remove(waves.flatMap(\.questions), questions)
            throw error
        }
        return state.withLock { $0.waves }.sorted { $0.wave < $1.wave }
    }

    private func write(
        _ plan: SurveyImport.Plan, _ responses: TableDirectory, _ questions: TableDirectory
    ) throws -> WrittenWave {
        let (wave, reports) = importer.read(plan)
        var written = WrittenWave(wave: plan.wave, reports: reports)
        guard let wave, wave.responses.count > 0 else { return written }
        let tags = ["wave": plan.wave.name, "source": try digest(wave.report.path).hex]
        written.responses = try TableWriter(table: responses, schema: SurveyTables.responses(), tags: tags).writing {
            try $0.append(wave.responses)
        }
        do {
            written.questions = try TableWriter(table: questions, schema: SurveyTables.questions(), tags: tags)
                .writing { try $0.append(wave.questions) }
        } catch {
            remove(written.responses, responses)
            throw error
        }
        return written
    }

    /// Shards that no version lists. What cannot be removed, vacuum collects.
    private func remove(_ shards: [NewShard], _ table: TableDirectory) {
        for shard in shards { try? lake.store.remove(table.shardPath(shard.file)) }
    }

    // MARK: Commit

    private func commit(
        _ table: TableDirectory, _ base: Manifest, _ waves: [(wave: Wave, shards: [NewShard])]
    ) throws {
        guard !waves.isEmpty else { return }
        let shards = waves.flatMap(\.shards)
        let removed = waves.flatMap { base.shards(tagged: "wave", $0.wave.name) }
        let details = ["command": "import survey", "waves": waves.map(\.wave.name).joined(separator: " ")]
        let change: TableChange =
            removed.isEmpty
            ? .append(shards, details: details) : .replace(removed, with: shards, details: details)
        let expected = Set(removed.map(\.id))
        _ = try table.commit(change, over: base) { current in
            for wave in waves.map(\.wave) {
                let ids = current.shards(tagged: "wave", wave.name).map(\.id)
                guard expected.isSuperset(of: ids) else {
                    throw LakeError(
                        .conflict, "another import brought in \(wave.name) meanwhile",
                        hint: "run the import again: it leaves out what is there")
                }
            }
        }
    }
}

extension TableWriter {
    /// Writes by `body` and finishes; gives the files up when that fails.
    func writing(_ body: (TableWriter) throws -> Void) throws -> [NewShard] {
        do {
            try body(self)
            return try finish()
        } catch {
            abandon()
            throw error
        }
    }
}
