import LakeBytes
import LakeCore
import LakeShard

/// A line of what EXPLAIN says.
struct ExplainedStep {
    var step: String
    var what: String
    var shards: Int?
    var chunks: Int?
    var rows: Int?
    var bytes: Int?
    var milliseconds: Double?

    init(
        _ step: String, _ what: String, shards: Int? = nil, chunks: Int? = nil, rows: Int? = nil, bytes: Int? = nil,
        milliseconds: Double? = nil
    ) {
        self.step = step
        self.what = what
        self.shards = shards
        self.chunks = chunks
        self.rows = rows
        self.bytes = bytes
        self.milliseconds = milliseconds
    }

    /// The columns of the result.
    static let columns = [
        ResultColumn(name: "step", type: .utf8), ResultColumn(name: "what", type: .utf8),
        ResultColumn(name: "shards", type: .int64), ResultColumn(name: "chunks", type: .int64),
        ResultColumn(name: "rows", type: .int64), ResultColumn(name: "bytes", type: .int64),
        ResultColumn(name: "ms", type: .float64),
    ]

    static func batch(_ steps: [ExplainedStep]) -> Batch {
        func whole(_ value: (ExplainedStep) -> Int?) -> ColumnVector {
            .of(steps.map { value($0).map { .integer(Int64($0)) } ?? .null }, .int64)
        }
        func text(_ value: (ExplainedStep) -> String) -> ColumnVector {
            ColumnVector(.bytes(ByteStrings(steps.map(value))))
        }
        return Batch(
            count: steps.count,
            columns: [
                text(\.step), text(\.what), whole(\.shards), whole(\.chunks), whole(\.rows), whole(\.bytes),
                .of(steps.map { $0.milliseconds.map { .float(($0 * 1000).rounded() / 1000) } ?? .null }, .float64),
            ])
    }
}
