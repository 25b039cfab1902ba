import LakeCore
import LakeShard

/// Writes batches as an Arrow IPC stream: `header`, any number of `write`, then `end`. Dictionaries are written where they
/// change, once for all batches that share them.
public struct ArrowStreamWriter {
    private var encoder: ArrowEncoder
    /// The dictionary that each column's batches refer to.
    private var dictionaries: [ArrowColumn?]

    public init(_ fields: [ArrowField]) {
        encoder = ArrowEncoder(fields)
        dictionaries = fields.map { _ in nil }
    }

    /// The schema, with which a stream begins.
    public var header: [UInt8] { StreamMessage.schema(encoder.fields) }

    /// Hands the messages of a batch to `body`.
    /// - Throws: as `ArrowEncoder.encode`, or what `body` throws.
    public mutating func write(_ batch: Batch, _ body: ([UInt8]) throws -> Void) throws {
        for part in encoder.parts(of: batch) where part.count > 0 {
            let rows = try encoder.encode(part)
            for (index, column) in rows.columns.enumerated() {
                guard let dictionary = column.dictionary, dictionary !== dictionaries[index] else { continue }
                dictionaries[index] = dictionary
                try body(StreamMessage.dictionary(index, dictionary))
            }
            try body(StreamMessage.rows(rows))
        }
    }

    /// What ends the stream.
    public var end: [UInt8] { StreamMessage.end }
}
