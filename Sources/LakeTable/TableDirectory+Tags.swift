import LakeBytes
import LakeCore

extension TableDirectory {
    /// The directory of the tags, made when first used.
    public var tagsPath: String { joinPath(path, "tags") }

    /// Where a tag is.
    public func tagPath(_ name: String) -> String { joinPath(tagsPath, name + ".json") }

    /// What tags are called that were moved or deleted, until vacuum finds nobody reading them.
    static let oldTagPrefix = ".old-"

    /// The names of the tags, ascending.
    public func tags() throws -> [String] {
        guard try store.size(tagsPath) != nil else { return [] }
        return try store.list(tagsPath).compactMap(TableDirectory.tagName)
    }

    /// The name in the name of a tag's file; nil for every other name.
    static func tagName(_ file: String) -> String? {
        guard file.hasSuffix(".json"), Lake.isTagName(String(file.dropLast(5))) else { return nil }
        return String(file.dropLast(5))
    }

    /// A tag that exists.
    /// - Throws: `LakeError`: missing with the nearest name, usage when `name` cannot be a tag's name, corrupt naming the file.
    public func tag(_ name: String) throws -> Tag {
        try Tag.open(tagBytes(name), name: name, path: tagPath(name))
    }

    private func tagBytes(_ name: String) throws -> [UInt8] {
        try Lake.checkTagName(name)
        do throws(LakeError) {
            return try store.read(tagPath(name), limit: SealedJSON.limit)
        } catch {
            guard error.code == .missing else { throw error }
            let names = try tags()
            let all = names.isEmpty ? "it has no tags yet" : "its tags are " + names.joined(separator: ", ")
            throw LakeError(
                .missing, "'\(self.name)' has no tag '\(name)'", at: .init(file: tagPath(name)),
                hint: suggestion(for: name, among: names) ?? all)
        }
    }

    /// Opens the version that a tag holds. The lease is on the tag's file.
    func snapshot(tag name: String) throws -> Snapshot {
        let path = tagPath(name)
        for _ in 0..<100 {
            let before = try tagBytes(name)
            let lease: any StoreLease
            do throws(LakeError) { lease = try store.lease(path) } catch {
                guard error.code == .missing else { throw error }
                continue
            }
            // The tag may be moved between reading and locking it: no two files of tags are the same, so that what is the same
            // before and after is the file that was locked.
            guard try tagBytes(name) == before else { continue }
            let tag = try Tag.open(before, name: name, path: path)
            return Snapshot(table: self, manifest: tag.manifest, lease: lease)
        }
        throw LakeError(.conflict, "the tag '\(name)' moves as fast as it is found", hint: "try again")
    }

    /// Gives a version a name, durably.
    /// - Parameter isMove: whether a tag of that name is replaced.
    /// - Throws: `LakeError`: conflict when the table has the tag already; as `snapshot(at:)` for the version.
    @discardableResult
    public func makeTag(
        _ name: String, at selector: VersionSelector = .newest, message: String? = nil, isMove: Bool = false
    ) throws -> Tag {
        try locating(.init(table: self.name)) {
            try Lake.checkTagName(name)
            if let message, message.utf8.count > 65_536 {
                throw LakeError(.usage, "a message of \(message.utf8.count) bytes", hint: "65,536 are allowed")
            }
            try store.checkWritable(path)
            // The lease keeps vacuum from the version until the tag is there.
            let snapshot = try snapshot(at: selector)
            let tag = Tag(name, of: snapshot.manifest, message: message, created: microsecondsNow())
            try store.createDirectory(tagsPath)
            try store.syncDirectory(path)
            let temporary = joinPath(tagsPath, ".tmp-" + randomHex())
            try withExtendedLifetime(snapshot) {
                let bytes = try SealedJSON.seal(tag).bytes
                let hold = try writeHeldFile(bytes, temporary, store)
                defer { hold.release() }
                do {
                    try isMove ? replace(name, with: temporary) : link(name, bytes, temporary)
                } catch {
                    try? store.remove(temporary)
                    throw error
                }
                try? store.remove(temporary)
                try store.syncDirectory(tagsPath)
            }
            return tag
        }
    }

    private func link(_ name: String, _ bytes: [UInt8], _ temporary: String) throws {
        do throws(LakeError) {
            try store.link(temporary, to: tagPath(name))
        } catch {
            // The call may have failed after it took effect.
            if let there = try? store.read(tagPath(name), limit: SealedJSON.limit), there == bytes { return }
            guard error.code == .conflict else { throw error }
            let known = try? tag(name)
            throw LakeError(
                .conflict,
                "'\(self.name)' has a tag '\(name)' already" + (known.map { ", of version \($0.version)" } ?? ""),
                at: .init(file: tagPath(name)), hint: "choose another name, or move the tag with --move")
        }
    }

    private func replace(_ name: String, with temporary: String) throws {
        try alone {
            if try store.size(tagPath(name)) != nil {
                // Whoever reads the old tag holds its file, which vacuum has to find.
                try store.link(tagPath(name), to: joinPath(tagsPath, TableDirectory.oldTagPrefix + randomHex()))
                try store.syncDirectory(tagsPath)
            }
            try store.rename(temporary, to: tagPath(name))
        }
    }

    /// Takes a tag away. Whoever is reading the version goes on.
    /// - Throws: `LakeError` (missing) when there is no such tag.
    public func deleteTag(_ name: String) throws {
        try locating(.init(table: self.name)) {
            _ = try tagBytes(name)
            try store.checkWritable(path)
            try alone {
                try store.rename(
                    tagPath(name), to: joinPath(tagsPath, TableDirectory.oldTagPrefix + randomHex()))
                try store.syncDirectory(tagsPath)
            }
        }
    }

    /// Keeps others from moving and deleting tags meanwhile.
    private func alone(_ body: () throws -> Void) throws {
        guard let lease = try store.exclusiveLease(tagsPath) else {
            throw LakeError(.conflict, "another process is moving tags", at: .init(file: tagsPath), hint: "try again")
        }
        defer { lease.release() }
        try body()
    }
}
