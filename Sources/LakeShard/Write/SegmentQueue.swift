import LakeBytes
import LakeCore

/// Segments that wait to be written: so columns can be encoded by several threads, and the file has them in the order of the
/// columns all the same.
final class SegmentQueue {
    private struct Waiting {
        var header: SegmentHeader
        var head: [UInt8]
        /// Text blocks behind the head.
        var blocks: Spool?
        /// Told where the segment stands in the file.
        var placed: (UInt64) throws -> Void
    }

    private var waiting: [Waiting] = []

    /// Puts a segment behind those that wait.
    /// - Parameter placed: told the segment's offset when it has been written.
    func append(_ header: SegmentHeader, payload: [UInt8], _ placed: @escaping (UInt64) throws -> Void) {
        waiting.append(Waiting(header: header, head: payload, blocks: nil, placed: placed))
    }

    /// Puts a segment of text behind those that wait: its checksum covers `head` alone, each block has its own.
    func append(
        _ header: SegmentHeader, head: [UInt8], blocks: Spool, _ placed: @escaping (UInt64) throws -> Void
    ) {
        waiting.append(Waiting(header: header, head: head, blocks: blocks, placed: placed))
    }

    /// Writes the segments that wait.
    func write(to file: ShardFile) throws {
        let segments = waiting
        waiting.removeAll()
        for segment in segments {
            let offset =
                if let blocks = segment.blocks {
                    try file.append(segment.header, head: segment.head, blocks: blocks)
                } else {
                    try file.append(segment.header, payload: segment.head)
                }
            try segment.placed(offset)
        }
    }
}
