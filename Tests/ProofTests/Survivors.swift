import LakeBytes
import LakeCore

/// What a power cut may leave of a disk: what was synced, any of the states that each other name went through since its
/// directory was synced, and of bytes that were not synced none, some from the front, all, or zeros in their place.
struct Survivors {
    /// A disk after the cut, and what it holds without what was drawn at random.
    struct Survivor: Sendable {
        var disk: Disk
        var digest: UInt64
    }

    private let history: [Disk]
    /// By file: its bytes at the end of the recording, without what was drawn at random.
    private var canonical: [[UInt8]] = []
    private var paths: [String: UInt64] = [:]

    init(of history: [Disk]) {
        self.history = history
        var canon = Canonical()
        for disk in history {
            for path in disk.names.keys.sorted() where paths[path] == nil {
                paths[path] = Checksum.xxh3(canon.path(path))
            }
            for file in disk.files.indices.dropFirst(canonical.count) {
                canonical.append(history.last?.files[file].bytes ?? [])
            }
        }
        for file in canonical.indices { canonical[file] = canon.bytes(canonical[file]) }
    }

    /// Up to `limit` survivors of a cut after `changes` changes: all there are when they are no more than that.
    func after(_ changes: Int, limit: Int, random: inout SplitMix64) -> [Survivor] {
        let disk = history[changes]
        let pending = disk.names.filter { $0.value.count > 1 }.keys.sorted()
        let unsynced = disk.files.indices.filter { file in
            disk.files[file].bytes.count > disk.files[file].lasting
                && disk.names.values.contains { $0.contains(.file(file)) }
        }
        let options = pending.map { disk.names[$0]?.count ?? 1 } + unsynced.map { _ in 4 }
        var choices: [[Int]] = []
        let all = options.reduce(1) { min($0 * $1, limit + 1) }
        if all <= limit {
            for number in 0..<all {
                var rest = number
                choices.append(
                    options.map { count in
                        defer { rest /= count }
                        return rest % count
                    })
            }
        } else {
            // Nothing but what was synced; all names with no bytes, all bytes, zeros; the rest at random.
            let names = pending.map { (disk.names[$0]?.count ?? 1) - 1 }
            choices.append(options.map { _ in 0 })
            for bytes in [0, 1, 3] { choices.append(names + unsynced.map { _ in bytes }) }
            while choices.count < limit { choices.append(options.map { random.below($0) }) }
        }
        return choices.map { survivor(of: disk, pending, unsynced, $0, &random) }
    }

    private func survivor(
        of disk: Disk, _ pending: [String], _ unsynced: [Int], _ choice: [Int], _ random: inout SplitMix64
    ) -> Survivor {
        var names: [String: Disk.Entry] = [:]
        let places = Dictionary(uniqueKeysWithValues: zip(pending, choice))
        for (path, entries) in disk.names {
            if let entry = entries[places[path] ?? 0] { names[path] = entry }
        }
        // What lies in a directory that was lost is lost. Parents sort before what they hold.
        for path in names.keys.sorted() where path != "/" && names[parentDirectory(of: path)] != .directory {
            names[path] = nil
        }
        var files = disk.files.map(\.bytes)
        var zeros = [Int](repeating: 0, count: files.count)
        for (file, choice) in zip(unsynced, choice.dropFirst(pending.count)) {
            let lasting = disk.files[file].lasting
            let lost = files[file].count - lasting
            switch choice {
            case 0: files[file].removeLast(lost)
            case 1: break
            case 2: files[file].removeLast(random.below(lost + 1))
            default:
                zeros[file] = 1 + random.below(lost)
                for index in (files[file].count - zeros[file])..<files[file].count { files[file][index] = 0 }
            }
        }
        var parts: [UInt64] = []
        for path in names.keys.sorted(by: { (paths[$0] ?? 0) < (paths[$1] ?? 0) }) {
            parts.append(paths[path] ?? 0)
            guard case .file(let file)? = names[path] else { continue }
            var bytes = Array(canonical[file].prefix(files[file].count))
            for index in (bytes.count - min(zeros[file], bytes.count))..<bytes.count { bytes[index] = 0 }
            parts.append(Checksum.xxh3(bytes))
        }
        let digest = parts.reduce(UInt64(parts.count)) { SplitMix64.mixed($0 ^ $1) }
        return Survivor(disk: Disk(names: names, files: files), digest: digest)
    }
}
