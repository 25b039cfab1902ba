import AlphaAds
import LakeBytes
import LakeCore
import LakeIngest
import LakeTable

/// An import of files of ads: reads them, hands the ads on, says what was left out.
struct AdFilesImport {
    let files: [AdFile]
    let load: AdLoad
    let rejects: Rejects?

    func run(_ console: Console) throws -> (counts: AdIntake.Counts, manifest: Manifest?) {
        let last = try load.upserts ? lastPlaces() : [:]
        let sizes = try files.map { $0.isRepeatable ? try load.lake.store.size($0.path) ?? 0 : 0 }
        let isWhole = files.allSatisfy(\.isRepeatable)
        let progress = Progress("importing", total: isWhole ? sizes.reduce(0, +) : nil, unit: .bytes, on: console)
        defer { progress.finish() }
        var notes: [String] = []
        let outcome = try load.run(
            { intake in
                var (place, before) = (0, 0)
                for file in files {
                    let remains = try file.forEach(keepsCells: rejects != nil) { rows, bytes in
                        for row in rows {
                            defer { place += 1 }
                            guard let boxed = row.ad else {
                                _ = try intake(nil, false)
                                try rejects?.add(file: file.path, reason: row.reason, cells: row.cells)
                                continue
                            }
                            let isSuperseded = boxed.ad.id.map { last[$0].map { $0 != place } ?? false } ?? false
                            if let rule = try intake(boxed, isSuperseded) {
                                try rejects?.add(file: file.path, reason: rule.rawValue, cells: row.cells)
                            }
                        }
                        progress.update(done: before + bytes, detail: Quantities.count(place, "ad"))
                    }
                    before += remains.bytes
                    for bad in remains.badLines {
                        _ = try intake(nil, false)
                        try rejects?.add(bad)
                    }
                    for _ in remains.badLines.count..<max(remains.badLineCount, remains.badLines.count) {
                        _ = try intake(nil, false)
                    }
                    notes += AdFilesImport.notes(remains)
                }
            },
            rejected: { ad, rule in
                let id = ad.roundedID.map { [("rounded_id", Array(String($0).utf8))] } ?? []
                try rejects?.add(file: "", reason: rule.rawValue, cells: id.map { (field: $0.0, text: $0.1) })
            })
        progress.finish()
        for note in notes { console.note(note) }
        return outcome
    }

    /// By id, the place in the input of the last ad that has it.
    private func lastPlaces() throws -> [Int64: Int] {
        var last: [Int64: Int] = [:]
        var place = 0
        guard files.allSatisfy(\.isRepeatable) else {
            throw LakeError(
                .usage, "--upsert reads its input twice, which standard input does not allow",
                hint: "write it to a file first")
        }
        for file in files {
            _ = try file.forEach(keepsCells: false) { rows, _ in
                for row in rows {
                    if let ad = row.ad?.ad, let id = ad.id, load.cleaning.refusal(of: ad) == nil {
                        last[id] = place
                    }
                    place += 1
                }
            }
        }
        return last
    }

    private static func notes(_ remains: AdFile.Remains) -> [String] {
        var notes = remains.badLines.prefix(3).map { "left out: \($0)" }
        let more = remains.badLineCount - notes.count
        if more > 0 { notes.append("left out: \(Quantities.count(more, "more line"))") }
        let ignored = remains.ignoredFields.sorted { $0.key < $1.key }
        if !ignored.isEmpty {
            let shown = ignored.prefix(12).map { "\($0.key) (\(Quantities.count($0.value)))" }.joined(separator: ", ")
            let rest = ignored.count > 12 ? " and \(ignored.count - 12) more" : ""
            notes.append("fields that no column takes, with how many rows had them: \(shown)\(rest)")
        }
        return notes
    }
}
