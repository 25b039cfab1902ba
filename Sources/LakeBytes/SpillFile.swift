import Glibc
import LakeCore

/// A temporary file for what does not fit memory. It has no name: its space is given back when the object goes, however the
/// process ends. Used by one thread at a time.
public final class SpillFile {
    private static let blockBytes = 1 << 20

    /// Bytes that were written as one run, to be read from first to last.
    public struct Run: Sendable {
        fileprivate var start: UInt64
        fileprivate var end: UInt64

        /// Length in bytes.
        public var count: Int { Int(end - start) }
    }

    private let file: any StoreFile
    private var buffer: [UInt8] = []
    private var runStart: UInt64 = 0

    /// - Parameter directory: where it is made; nil for the one that `TMPDIR` names, else `/tmp`.
    /// - Throws: `LakeError` (io, missing) when there is no such directory or it cannot be written to.
    public init(store: any Store = LocalStore(), directory: String? = nil) throws {
        let named = directory ?? getenv("TMPDIR").map { String(cString: $0) } ?? ""
        file = try SpillFile.failing { try store.scratch(near: joinPath(named.isEmpty ? "/tmp" : named, "spill")) }
    }

    deinit { try? file.close() }

    /// Appends to the run that is being written.
    /// - Throws: `LakeError` (io) when the disk is full.
    public func append(_ bytes: [UInt8]) throws {
        buffer.append(contentsOf: bytes)
        if buffer.count >= SpillFile.blockBytes { try flush() }
    }

    /// Ends the run that is being written; the next `append` begins another.
    public func endRun() throws -> Run {
        try flush()
        defer { runStart = file.size }
        return Run(start: runStart, end: file.size)
    }

    private func flush() throws {
        try SpillFile.failing { try SpillTally.counting(buffer.count) { try file.append(buffer) } }
        buffer.removeAll(keepingCapacity: true)
    }

    /// `count` bytes of a run from `offset`, fewer at its end.
    public func read(_ run: Run, at offset: Int, count: Int) throws -> [UInt8] {
        guard offset < run.count else { return [] }
        return try SpillFile.failing {
            try SpillTally.counting {
                try file.read(at: run.start + UInt64(offset), count: min(count, run.count - offset))
            }
        }
    }

    /// Says what the file was for when something is wrong with it.
    private static func failing<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch var error as LakeError {
            error.message = "a temporary file for what does not fit the memory budget: " + error.message
            error.hint = "set TMPDIR to a directory with more room, or allow more memory with --memory"
            throw error
        }
    }
}
