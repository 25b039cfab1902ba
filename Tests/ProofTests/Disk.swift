import LakeBytes
import LakeCore

/// What a disk holds: files under names, and which of their bytes and which names a power cut would spare.
struct Disk: Sendable {
    /// What a name leads to.
    enum Entry: Hashable, Sendable {
        case directory
        case file(Int)
    }

    struct File: Sendable {
        var bytes: [UInt8] = []
        /// How many bytes from the front have been synced.
        var lasting = 0
    }

    /// By path: what the name led to when its directory was last synced, and each change since; nil for nothing.
    private(set) var names: [String: [Entry?]] = ["/": [.directory]]
    /// By number; a file without a name stays in here.
    private(set) var files: [File] = []

    subscript(path: String) -> Entry? { names[path]?.last ?? nil }

    func list(_ path: String) -> [String] {
        let prefix = path.hasSuffix("/") ? path : path + "/"
        return names.compactMap { name, entries in
            guard name.utf8.count > prefix.utf8.count, name.hasPrefix(prefix), entries.last.flatMap({ $0 }) != nil
            else { return nil }
            let rest = name.dropFirst(prefix.count)
            return rest.utf8.contains(UInt8(ascii: "/")) ? nil : String(rest)
        }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    mutating func set(_ path: String, _ entry: Entry?) { names[path, default: [nil]].append(entry) }

    mutating func newFile() -> Int {
        files.append(File())
        return files.count - 1
    }

    mutating func append(_ bytes: ArraySlice<UInt8>, to file: Int) { files[file].bytes += bytes }

    mutating func sync(file: Int) { files[file].lasting = files[file].bytes.count }

    /// What a failed sync may do: what was not synced before is gone.
    mutating func loseUnsynced(file: Int) {
        files[file].bytes.removeSubrange(files[file].lasting...)
    }

    mutating func syncDirectory(_ path: String) {
        for (name, entries) in names where entries.count > 1 && parentDirectory(of: name) == path {
            names[name] = (entries.last ?? nil).map { [$0] }
        }
    }

    /// Changes a byte of the file at a path.
    mutating func flip(_ path: String, byte: Int, mask: UInt8) {
        guard case .file(let file)? = self[path] else { return }
        files[file].bytes[byte] ^= mask
    }

    /// The bytes of the file at a path.
    func bytes(_ path: String) -> [UInt8]? {
        guard case .file(let file)? = self[path] else { return nil }
        return files[file].bytes
    }

    /// What a power cut leaves at the least: what has been synced.
    var lasting: Disk {
        var names = names.compactMapValues { $0.first ?? nil }
        for path in names.keys.sorted() where path != "/" && names[parentDirectory(of: path)] != .directory {
            names[path] = nil
        }
        return Disk(names: names, files: files.map { Array($0.bytes.prefix($0.lasting)) })
    }

    /// A disk that holds these names and bytes, all of which last.
    init(names: [String: Entry], files: [[UInt8]]) {
        self.names = names.mapValues { [$0] }
        self.files = files.map { File(bytes: $0, lasting: $0.count) }
    }

    init() {}
}
