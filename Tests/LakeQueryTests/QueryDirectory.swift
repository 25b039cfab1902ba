import Glibc
import LakeBytes
import LakeCore

/// A new directory that goes with the object.
final class QueryDirectory: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/alphalake-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw LakeError(.io, "no temporary directory") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { QueryDirectory.remove(path) }

    private static func remove(_ path: String) {
        for name in (try? LocalStore().list(path)) ?? [] {
            let child = joinPath(path, name)
            if unlink(child) != 0 { remove(child) }
        }
        rmdir(path)
    }
}
