import LakeBytes
import Synchronization

/// Segments of codes that are kept without their codec once it has been undone, over all open shards of the process: row by
/// row they take less than a byte, and a reader of single rows would else undo a whole block for each.
final class KeptSegments: Sendable {
    /// Bytes in all. When there is no room, codecs are undone again by every reader.
    private static let limit = 64 << 20
    private static let total = Atomic<Int>(0)

    private struct State {
        var segments: [Int: ByteView] = [:]
        var bytes = 0
    }
    private let state = Mutex(State())

    deinit { KeptSegments.total.subtract(state.withLock { $0.bytes }, ordering: .relaxed) }

    /// The values of chunk `chunk` without their codec, if they are kept.
    func values(_ chunk: Int) -> ByteView? { state.withLock { $0.segments[chunk] } }

    /// Keeps the values of a chunk if there is room.
    func keep(_ values: ByteView, chunk: Int) {
        guard KeptSegments.total.add(values.count, ordering: .relaxed).newValue <= KeptSegments.limit else {
            KeptSegments.total.subtract(values.count, ordering: .relaxed)
            return
        }
        let isNew = state.withLock { state in
            guard state.segments[chunk] == nil else { return false }
            state.segments[chunk] = values
            state.bytes += values.count
            return true
        }
        if !isNew { KeptSegments.total.subtract(values.count, ordering: .relaxed) }
    }
}
