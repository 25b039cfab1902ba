import LakeBytes
import LakeCore

/// Keeps vacuum from a file that no version lists yet, for as long as what describes the file is there. All holds are equal: they
/// are no part of what the file is.
struct FileHold: Hashable, Sendable {
    private var lease: (any StoreLease)?

    /// Holds nothing.
    init() {}

    /// Holds a file that was just made.
    init(_ lease: any StoreLease) { self.lease = lease }

    /// Lets vacuum have the file, in all copies.
    func release() { lease?.release() }

    static func == (a: FileHold, b: FileHold) -> Bool { true }

    func hash(into hasher: inout Hasher) {}
}

/// Writes a new file as `writeFile` does, and keeps vacuum from it until the lease is released.
func writeHeldFile(_ bytes: [UInt8], _ path: String, _ store: any Store) throws(LakeError) -> any StoreLease {
    for _ in 0..<100 {
        let file = try store.create(path)
        do throws(LakeError) {
            // A vacuum may take the file between making and locking it; then it is made anew.
            guard let lease = try heldFile(path, store) else { continue }
            try file.append(bytes)
            try file.sync()
            try file.close()
            return lease
        } catch {
            try? store.remove(path)
            throw error
        }
    }
    throw LakeError(.conflict, "new files vanish as fast as they are made", at: .init(file: path), hint: "try again")
}

/// Keeps vacuum from a file that was just made until the lease is released; nil when vacuum was faster.
func heldFile(_ path: String, _ store: any Store) throws(LakeError) -> (any StoreLease)? {
    do throws(LakeError) {
        let lease = try store.lease(path)
        return try store.size(path) == nil ? nil : lease
    } catch {
        guard error.code == .missing else { throw error }
        return nil
    }
}

/// The only lock on a file or directory, for which others are given a second; nil when one of them has it still, or the file is gone.
/// A process that this one or another starts has all its locks for a moment.
func patientLease(_ path: String, _ store: any Store) throws(LakeError) -> (any StoreLease)? {
    for _ in 0..<20 {
        do throws(LakeError) {
            if let lease = try store.exclusiveLease(path) { return lease }
        } catch {
            guard error.code == .missing else { throw error }
            return nil
        }
        store.pause(microseconds: 50_000)
    }
    return nil
}
