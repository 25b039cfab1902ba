import LakeBytes
import LakeCore

extension TableRepair {
    /// Reads the tags that can be read.
    func readTags() throws {
        for name in try table.tags() {
            if let tag = try unlessDamaged({ try table.tag(name) }) {
                tags[name] = tag
            } else if let tag = try unlessDamaged({ try mendedTag(name) })??.tag {
                tags[name] = tag
            }
        }
    }

    /// A damaged tag with a byte of it mended.
    private func mendedTag(_ name: String) throws -> (tag: Tag, bytes: [UInt8])? {
        let path = table.tagPath(name)
        guard let mended = try SealedRepair.mended(store.read(path, limit: SealedJSON.limit), path: path) else {
            return nil
        }
        return (try Tag.open(mended, name: name, path: path), mended)
    }

    /// Lets the tags of versions that have new numbers name these.
    func retarget(_ moved: [Int: Manifest]) throws {
        for (name, tag) in tags.sorted(by: { $0.key < $1.key }) {
            guard let manifest = moved[tag.version], manifest.tableID == tag.tableID else { continue }
            let damage = "its version \(tag.version) is lost"
            add(.tag, name, damage, .rewrite, "it names version \(manifest.version), which has the same rows")
            try write(Tag(name, of: manifest, message: tag.message, created: tag.created), because: damage)
        }
    }

    /// Mends tags, and sets aside those whose version cannot be known.
    func mendTags() throws {
        for name in try table.tags() {
            let path = table.tagPath(name)
            do {
                let tag = try table.tag(name)
                // One that says otherwise than the very version that it was made of.
                guard let manifest = versions.manifest(tag.version), manifest.digest == tag.versionDigest,
                    !manifest.isSame(as: tag.manifest)
                else { continue }
                let damage = "it does not hold what version \(tag.version) says"
                add(.tag, name, damage, .rewrite, "it is made again from version \(tag.version)")
                try write(Tag(name, of: manifest, message: tag.message, created: tag.created), because: damage)
            } catch let error as LakeError where error.code == .corrupt {
                try mendTag(name, path, error)
            }
        }
    }

    private func mendTag(_ name: String, _ path: String, _ error: LakeError) throws {
        let bytes = try store.read(path, limit: SealedJSON.limit)
        if (try? SealedJSON.verifiedDigest(of: bytes, path: path)) != nil {
            // As it was written: by a newer program, or as something else.
            _ = try SealedJSON.open(bytes, Tag.self, path: path)
        } else if let mended = try? mendedTag(name) {
            add(.tag, name, error.message, .mend, "the file is made again; its digest proves every byte")
            if isExecuted {
                try quarantine.replace(path, by: ByteView(mended.bytes), in: "tags", because: error.message)
            }
            return
        }
        // The digest or the transaction of a version, if it is still legible, tells which one it was.
        let named = versions.records.values.first { record, digest in
            SealedRepair.find(digest.hex, in: bytes) != nil || SealedRepair.find(record.transaction, in: bytes) != nil
        }
        guard let number = named?.record.version, let manifest = versions.manifest(number) else {
            add(.tag, name, error.message, .drop, "the file is set aside: which version it was of cannot be told")
            if isExecuted { try quarantine.move(path, in: "tags", because: error.message) }
            return
        }
        let message = SealedRepair.text("message", in: bytes)
        let created = SealedRepair.number("created", in: bytes).map { Int64($0) }
        let tag = Tag(name, of: manifest, message: message, created: created ?? manifest.timestamp)
        add(.tag, name, error.message, .rewrite, "it is made again from version \(number)")
        try write(tag, because: error.message)
    }

    private func write(_ tag: Tag, because reason: String) throws {
        tags[tag.name] = tag
        guard isExecuted else { return }
        guard let lease = try store.exclusiveLease(table.tagsPath) else {
            throw LakeError(
                .conflict, "another process is moving tags", at: .init(file: table.tagsPath), hint: "try again")
        }
        defer { lease.release() }
        let bytes = ByteView(try SealedJSON.seal(tag).bytes)
        try quarantine.replace(table.tagPath(tag.name), by: bytes, in: "tags", because: reason)
    }
}
