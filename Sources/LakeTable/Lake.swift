import LakeBytes
import LakeCore

/// A directory of tables: `alphalake.json` marks it, `tables/NAME` holds one table each.
public struct Lake: Sendable {
    /// The format of the table level that this program writes and reads (FORMAT.md, The table).
    public static let format = 1
    /// The required features that this program knows.
    static let knownFeatures: Set<String> = [companionsFeature, deletionsFeature, surrogateKeysFeature]
    /// Of versions in which rows of a shard are deleted.
    static let deletionsFeature = "deletions"
    /// Of versions in which a shard has companions.
    static let companionsFeature = "companions"
    /// Of versions of tables that give surrogate keys: who adds rows has to give them.
    static let surrogateKeysFeature = "surrogate-keys"
    static let markerName = "alphalake.json"

    /// The lake's directory, as it was given.
    public let path: String
    /// Where all its calls go.
    public let store: any Store

    private struct Marker: Codable {
        var format: Int
        var kind: String
        var requiredFeatures: [String]

        enum CodingKeys: String, CodingKey {
            case format, kind
            case requiredFeatures = "required_features"
        }
    }

    init(path: String, store: any Store) {
        self.path = path
        self.store = store
    }

    /// Makes an empty lake at `path`, a directory that is absent or empty.
    /// - Throws: `LakeError`: `conflict` when it is a lake already, `usage` when it holds anything else, or `io`.
    public static func create(at path: String, store: any Store = LocalStore()) throws -> Lake {
        let lake = Lake(path: path, store: store)
        if try store.size(lake.marker) != nil {
            // It may be there because an earlier call failed after it was made: then its name has yet to be made to last.
            try? store.syncDirectory(path)
            lake.syncAbove()
            throw lake.exists
        }
        if try store.size(path) != nil {
            let others = try store.list(path).filter { $0 != "tables" && !$0.hasPrefix(".tmp-") }
            guard others.isEmpty else {
                throw LakeError(
                    .usage, "the directory is not empty: it holds '\(others[0])'", at: .init(file: path),
                    hint: "a lake needs a directory of its own")
            }
        }
        // From the first directory above that exists, every new name has to be made to last.
        var parents = [parentDirectory(of: path)]
        while let parent = parents.last, try store.size(parent) == nil { parents.append(parentDirectory(of: parent)) }
        try store.createDirectory(lake.tablesPath)
        try store.checkWritable(path)
        for parent in parents { try store.syncDirectory(parent) }
        lake.syncAbove()
        let marker = try markerBytes()
        let temporary = joinPath(path, ".tmp-" + randomHex())
        do throws(LakeError) {
            try writeFile(marker, temporary, store)
            try store.link(temporary, to: lake.marker)
        } catch {
            try? store.remove(temporary)
            throw error.code == .conflict ? lake.exists : error
        }
        try? store.remove(temporary)
        try store.syncDirectory(path)
        return lake
    }

    /// The bytes of the file that marks a lake.
    static func markerBytes() throws(LakeError) -> [UInt8] {
        try SealedJSON.seal(Marker(format: format, kind: "lake", requiredFeatures: [])).bytes
    }

    /// Opens an existing lake.
    /// - Throws: `LakeError`: `missing` with a hint where the lake may be, or `corrupt`.
    public static func open(at path: String, store: any Store = LocalStore()) throws -> Lake {
        let lake = Lake(path: path, store: store)
        guard try store.size(lake.marker) != nil else { throw try lake.notALake() }
        let bytes = try store.read(lake.marker, limit: 1 << 20)
        let marker = try SealedJSON.open(bytes, Marker.self, path: lake.marker).value
        guard marker.kind == "lake" else {
            throw LakeError(.corrupt, "it marks a '\(marker.kind)', not a lake", at: .init(file: lake.marker))
        }
        return lake
    }

    /// The names of the tables, ascending.
    public func tables() throws -> [String] {
        guard try store.size(tablesPath) != nil else { return [] }
        return try store.list(tablesPath).filter { name in
            guard Lake.isTableName(name) else { return false }
            return try TableDirectory(name: name, lake: self).exists()
        }
    }

    /// A table that exists.
    /// - Throws: `LakeError`: `missing` with the nearest name, `usage` when `name` cannot be a table's name.
    public func table(_ name: String) throws -> TableDirectory {
        try Lake.checkTableName(name)
        let table = TableDirectory(name: name, lake: self)
        if try table.exists() { return table }
        let names = try tables()
        var hint = names.isEmpty ? "the lake has no tables yet" : "tables are " + names.joined(separator: ", ")
        if let near = suggestion(for: name, among: names) { hint = near }
        throw LakeError(.missing, "no table '\(name)'", at: .init(file: path), hint: hint)
    }

    /// Whether the table exists.
    public func hasTable(_ name: String) throws -> Bool {
        try Lake.isTableName(name) && TableDirectory(name: name, lake: self).exists()
    }

    /// Makes the names of the directories above the lake last, as far as they can be opened: whoever made them, maybe an
    /// earlier call that failed, may not have.
    func syncAbove() {
        var below = path
        while parentDirectory(of: below) != below {
            below = parentDirectory(of: below)
            try? store.syncDirectory(below)
        }
    }

    var tablesPath: String { joinPath(path, "tables") }
    private var marker: String { joinPath(path, Lake.markerName) }

    private var exists: LakeError {
        LakeError(.conflict, "there is a lake here already", at: .init(file: path), hint: "use it as it is")
    }

    private func notALake() throws -> LakeError {
        let error = LakeError(.missing, "not a lake: there is no \(Lake.markerName)", at: .init(file: path))
        guard try store.size(path) != nil else {
            if let address = try? LakeAddress(parsing: path, store: store), isLake(address.path) {
                try Lake.checkChangeable(path, address.selector)
            }
            let parent = parentDirectory(of: path)
            let siblings = ((try? store.list(parent)) ?? []).filter { isLake(joinPath(parent, $0)) }
            let near = nearest(to: baseName(path), among: siblings).first
            let hint = near.map { "did you mean '\(path.contains("/") ? joinPath(parent, $0) : $0)'?" }
            return error.hinting(hint ?? "'alphalake init \(path)' makes one")
        }
        var outer = path
        while parentDirectory(of: outer) != outer, outer != "." {
            outer = parentDirectory(of: outer)
            if isLake(outer) { return error.hinting("this is inside of the lake '\(outer)'") }
        }
        return error.hinting("'alphalake init' makes a lake out of an empty directory")
    }

    private func isLake(_ path: String) -> Bool {
        ((try? store.size(joinPath(path, Lake.markerName))) ?? nil) != nil
    }
}

extension LakeError {
    fileprivate func hinting(_ hint: String) -> LakeError {
        var copy = self
        copy.hint = hint
        return copy
    }
}

/// The last part of a path.
func baseName(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
}
