import LakeBytes
import LakeCore
import LakeQuery
import LakeShard

/// Writes the rows of a query into one file, or dealt over the parts of a directory: the first part has the first
/// rows, the next one those that follow, and none has more than one row more than another.
final class RowExport {
    /// What was written.
    struct Outcome {
        var parts: [ExportManifest.Part] = []
        /// Rows that lack what the layout needs.
        var incomplete = 0

        var rows: Int { parts.reduce(0) { $0 + $1.rows } }
        var bytes: Int { parts.reduce(0) { $0 + $1.bytes } }
    }

    /// Bytes that are written together.
    private static let chunk = 1 << 20
    /// Finished files that are still open.
    private static let mostUnsynced = 16

    private let target: ExportTarget
    private let output: StagedOutput
    private let plan: ExportPlan
    private let header: [UInt8]
    private var encoder: RowEncoder
    private var file: (any StoreFile)?
    private var unsynced: [any StoreFile] = []
    private var buffer: [UInt8] = []
    private var outcome = Outcome()
    /// Rows of the query that have been taken, and the number of the first that goes into the next part.
    private var taken = 0
    private var bound = 0
    private var written = 0

    init(
        _ plan: ExportPlan, to target: ExportTarget, _ layout: ExportLayout, system: String?, output: StagedOutput
    ) throws {
        self.plan = plan
        self.target = target
        self.output = output
        (header, encoder) = try layout.encoder(plan.query.columns, target.form, system: system)
        buffer.reserveCapacity(RowExport.chunk + RowExport.chunk / 4)
    }

    /// - Parameter progress: hears how many rows have been taken and how many bytes written.
    /// - Throws: `LakeError`; nothing is left of the output then once that is discarded.
    func run(
        cancellation: Cancellation, progress: (_ rows: Int, _ bytes: Int) -> Void
    ) throws -> Outcome {
        try beginPart()
        try plan.query.run(cancellation: cancellation) { batch in
            var row = 0
            while row < batch.count {
                while taken >= bound, outcome.parts.count < target.parts {
                    try endPart()
                    try beginPart()
                }
                let end = outcome.parts.count < target.parts ? min(batch.count, row + bound - taken) : batch.count
                try write(batch, row..<end)
                taken += end - row
                row = end
            }
            progress(taken, written)
        }
        while outcome.parts.count < target.parts {
            try endPart()
            try beginPart()
        }
        try endPart()
        try sync(but: 0)
        return outcome
    }

    private func write(_ batch: Batch, _ rows: Range<Int>) throws {
        let last = outcome.parts.count - 1
        var row = rows.lowerBound
        while row < rows.upperBound {
            let (next, incomplete) = encoder.append(
                batch, row..<rows.upperBound, isFirst: outcome.parts[last].rows == 0, limit: RowExport.chunk,
                to: &buffer)
            outcome.parts[last].rows += next - row - incomplete
            outcome.incomplete += incomplete
            row = next
            if buffer.count >= RowExport.chunk { try flush() }
        }
    }

    private func beginPart() throws {
        let index = outcome.parts.count
        let name = ExportTarget.partName(index, of: target.parts)
        file = try output.create(name)
        outcome.parts.append(ExportManifest.Part(name: name, rows: 0, bytes: 0))
        // Should the query have other rows than were counted, the last part takes what is left.
        let (least, more) = (plan.total ?? 0).quotientAndRemainder(dividingBy: target.parts)
        bound += least + (index < more ? 1 : 0)
        buffer.append(contentsOf: header)
    }

    private func endPart() throws {
        if target.form == .json {
            let isEmpty = outcome.parts[outcome.parts.count - 1].rows == 0
            buffer.append(contentsOf: isEmpty ? "]\n".utf8 : "\n]\n".utf8)
        }
        try flush()
        if let file { unsynced.append(file) }
        file = nil
        try sync(but: RowExport.mostUnsynced)
    }

    /// Makes the bytes of finished parts last, but for the latest ones: the system writes them meanwhile, which an
    /// earlier call would only wait for.
    private func sync(but kept: Int) throws {
        while unsynced.count > kept {
            let file = unsynced.removeFirst()
            try file.sync()
            try file.close()
        }
    }

    private func flush() throws {
        try file?.append(buffer)
        outcome.parts[outcome.parts.count - 1].bytes += buffer.count
        written += buffer.count
        buffer.removeAll(keepingCapacity: true)
    }
}
