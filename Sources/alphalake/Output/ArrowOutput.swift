import LakeArrow
import LakeCore
import LakeShard

/// An Arrow IPC stream: for `pyarrow.ipc.open_stream` and everything else that reads Arrow.
final class ArrowOutput: RowOutput {
    private let stream: StandardStream
    private var writer = ArrowStreamWriter([])

    init(_ stream: StandardStream) { self.stream = stream }

    /// - Throws: `LakeError` (usage) for a terminal, which could not show it.
    func begin(_ columns: [OutputColumn]) throws {
        guard !stream.isTerminal else {
            throw LakeError(
                .usage, "an Arrow stream is not for a terminal", hint: "write it to a file, > rows.arrows, or to a pipe"
            )
        }
        writer = ArrowStreamWriter(columns.map { ArrowField(name: $0.name, type: $0.type, isDictionary: $0.isCoded) })
        try stream.write(writer.header)
    }

    func write(_ batch: Batch) throws {
        try writer.write(batch) { message in try stream.write(message) }
    }

    func end() throws { try stream.write(writer.end) }
}
