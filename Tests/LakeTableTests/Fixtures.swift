import Glibc
import LakeBytes
import LakeCore
import Testing

@testable import LakeTable

/// A new directory that goes with the object.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/alphalake-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw LakeError(.io, "no temporary directory") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { TemporaryDirectory.remove(path) }

    func file(_ name: String) -> String { joinPath(path, name) }

    static func remove(_ path: String) {
        for name in (try? LocalStore().list(path)) ?? [] {
            let child = joinPath(path, name)
            if unlink(child) != 0 { remove(child) }
        }
        rmdir(path)
    }
}

let sampleSchema: Schema = {
    let fields = [Field(id: 1, name: "id", type: .int32, nullable: false), Field(id: 2, name: "text", type: .utf8)]
    guard let schema = try? Schema(fields: fields) else { preconditionFailure("the sample schema is valid") }
    return schema
}()

/// A lake with the empty table `rows`.
func sampleTable(in directory: TemporaryDirectory, store: any Store = LocalStore()) throws -> TableDirectory {
    try Lake.create(at: directory.file("lake"), store: store).createTable("rows", schema: sampleSchema)
}

/// The table `rows` with three shards of ten rows.
func tableOfThirtyRows() throws -> (TemporaryDirectory, TableDirectory) {
    let directory = try TemporaryDirectory()
    let table = try sampleTable(in: directory)
    for _ in 0..<3 { try table.appendOne(rows: 10) }
    return (directory, table)
}

extension TableDirectory {
    /// Writes a file that stands for a shard of `rows` rows: the table level never looks inside.
    func fakeShard(rows: Int = 10, tags: [String: String] = [:]) throws -> NewShard {
        let name = newShardName()
        let bytes = Array("shard of \(rows) rows, \(name)".utf8)
        let file = try store.create(shardPath(name))
        try file.append(bytes)
        try file.sync()
        try file.close()
        return NewShard(file: name, rows: rows, bytes: bytes.count, digest: Digest(of: bytes), tags: tags)
    }

    /// Appends one shard over the newest version.
    @discardableResult
    func appendOne(rows: Int = 10, tags: [String: String] = [:]) throws -> Manifest {
        try commit(.append([fakeShard(rows: rows, tags: tags)]), over: manifest())
    }
}

/// Makes a file hold other bytes.
func overwrite(_ path: String, _ bytes: [UInt8]) throws {
    if try LocalStore().size(path) != nil { try LocalStore().remove(path) }
    let file = try LocalStore().create(path)
    try file.append(bytes)
    try file.close()
}

/// A copy of the lake in a directory of its own.
func copied(_ origin: TemporaryDirectory) throws -> TemporaryDirectory {
    let directory = try TemporaryDirectory()
    func copy(_ from: String, _ to: String) throws {
        try LocalStore().createDirectory(to)
        for name in try LocalStore().list(from) {
            let (source, target) = (joinPath(from, name), joinPath(to, name))
            if try LocalStore().modified(source) == nil {
                try copy(source, target)
            } else {
                try overwrite(target, LocalStore().read(source, limit: 1 << 24))
            }
        }
    }
    try copy(origin.file("lake"), directory.file("lake"))
    return directory
}
