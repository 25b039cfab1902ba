import LakeBytes
import LakeCore
import LakeShard
import LakeTable

/// What the versions of a table hold, by what was done to it.
struct TableHistory: Sendable {
    private struct Purge {
        /// The version whose deleted rows go at the least.
        var since: Int
        /// How often the disk had changed when the purge said that it had come to its end; nil if it never did.
        var end: Int?
    }

    /// By version, without the values of derived columns.
    private(set) var models: [Int: TableModel] = [:]
    /// By the version that did it: rows that were deleted.
    private var taken: [Int: [Int64: TableModel.Row]] = [:]
    /// By the version that did it: the ids of rows that an upsert brought without finding them. They have other surrogate keys than
    /// rows of these ids that were deleted before: these go, whatever else both say.
    private var brought: [Int: Set<Int64>] = [:]
    private var purges: [Int: Purge] = [:]

    /// Whether some version took rows out of all others.
    var hasPurge: Bool { !purges.isEmpty }

    mutating func add(
        _ model: TableModel, _ version: Int, after before: TableModel, _ kind: Ledger.Kind, purged: Int?
    ) {
        models[version] = model
        switch kind {
        case .change: break
        case .deletion:
            taken[version] = before.rows.filter { model.rows[$0.key] != $0.value }
            brought[version] = Set(model.rows.keys.filter { before.rows[$0] == nil })
        case .purge(let since): purges[version] = Purge(since: since, end: purged)
        }
    }

    /// With a purge that was run to its end after everything else, on a disk whose newest version was another before.
    func purged(from before: Int, to version: Int) -> TableHistory {
        var copy = self
        for later in models.keys where later > before {
            copy.models[later] = nil
            copy.taken[later] = nil
            copy.brought[later] = nil
            copy.purges[later] = nil
        }
        copy.models[version] = models[before]
        copy.purges[version] = Purge(since: before, end: 0)
        return copy
    }

    /// What is wrong with the rows of a version or tag; nil when nothing.
    /// - Parameters:
    ///   - first: the first version that is there: of what was deleted before, nobody may know any more.
    ///   - changes: how often the disk had changed.
    func fault(of found: TableModel, _ version: Int, newest: Int, first: Int, after changes: Int = .max) -> String? {
        guard let wanted = models[version]?.dropping(["label of kind"]) else {
            return "version \(version) was never made"
        }
        let purges = purges.filter { $0.key >= version && $0.key <= newest }
        if purges.isEmpty || found.columns != wanted.columns {
            return found == wanted ? nil : "version \(version): \(found.difference(from: wanted))"
        }
        for (id, row) in found.rows where row != wanted.rows[id] {
            return "version \(version): row \(id) is \(row), not \(wanted.rows[id] ?? [:])"
        }
        for (id, row) in wanted.rows where found.rows[id] == nil {
            let mayGo = purges.keys.contains { purge in
                taken.contains { version, rows in
                    version <= purge && rows[id] == row
                        && (models[purge]?.rows[id] != row
                            || brought.contains { $0.key > version && $0.key <= purge && $0.value.contains(id) })
                }
            }
            if !mayGo { return "version \(version): row \(id) is missing" }
        }
        for (number, purge) in purges where purge.end.map({ $0 <= changes }) ?? false {
            let left = found.rows.filter { mustGo($0.key, $0.value, number, purge, first) }.keys
            if !left.isEmpty { return "version \(version) has the rows \(left.sorted()), which were purged" }
        }
        return nil
    }

    /// - Parameter row: nil for whatever the row says.
    private func mustGo(_ id: Int64, _ row: TableModel.Row?, _ number: Int, _ purge: Purge, _ first: Int) -> Bool {
        models[number]?.rows[id] == nil
            && taken.contains { version, rows in
                version <= purge.since && version > first && rows[id] != nil && (row == nil || rows[id] == row)
            }
    }

    /// What is wrong with the rows of the newest version of a table, or of all that are there.
    func faults(in table: TableDirectory, all: Bool, after changes: Int = .max) throws -> [String] {
        let numbers = try table.versions()
        guard let first = numbers.first, let newest = numbers.last else { return [] }
        // A vacuum that was cut short leaves versions that cannot be read without those that it took.
        let readable = first == 1 ? 1 : try numbers.first { try table.record($0).checkpoint != nil } ?? 1
        return numbers.compactMap { number in
            guard number == newest || all && number >= readable else { return nil }
            do {
                let manifest = try table.manifest(version: number)
                let found = try TableModel(reading: table, manifest.shards, manifest.schema)
                return fault(of: found, number, newest: newest, first: readable, after: changes)
            } catch {
                return "version \(number) of \(numbers): \(error)"
            }
        }
    }

    /// Purged rows that some file of a table holds yet, after a purge that had nobody beside it.
    func leftovers(in table: TableDirectory) throws -> [String] {
        let numbers = try table.versions()
        guard let first = numbers.first, let newest = numbers.last,
            let (number, purge) = purges.max(by: { $0.key < $1.key })
        else { return [] }
        var faults: [String] = []
        for name in try table.store.list(table.shardsPath) {
            let reader = try ShardReader(path: table.shardPath(name), store: table.store)
            guard let id = reader.field(id: 1) else { continue }
            for chunk in 0..<reader.chunkCount {
                let ids = try reader.vector(field: id, chunk: chunk)
                for row in 0..<ids.count {
                    guard let id = ids.text(row).flatMap({ Int64($0) }), models[newest]?.rows[id] == nil,
                        mustGo(id, nil, number, purge, first)
                    else { continue }
                    faults.append("'\(name)' holds the purged row \(id)")
                }
            }
        }
        let trash = joinPath(table.path, "trash")
        if try table.store.size(trash) != nil, try !table.store.list(trash).isEmpty { faults.append("there is trash") }
        return faults
    }
}
