import LakeBytes
import LakeCore
import LakeShard

/// Lays the batches of one stream out as Arrow. Keeps the dictionaries of columns, so that batches share them.
public struct ArrowEncoder {
    /// Arrow's offsets have 32 bits.
    private static let mostText = Int(Int32.max)
    /// A dictionary this many times larger than the batch is cut to the values that the batch has.
    private static let sparse = 4

    public let fields: [ArrowField]
    private var known: [(source: ValueDictionary, column: ArrowColumn)?]

    public init(_ fields: [ArrowField]) {
        self.fields = fields
        known = fields.map { _ in nil }
    }

    /// The parts of a batch whose text Arrow's 32-bit offsets can point into: almost always the batch as it is.
    public func parts(of batch: Batch) -> [Batch] {
        guard batch.count > 1, zip(batch.columns, fields).contains(where: { isTooLong($0, $1) }) else { return [batch] }
        let half = batch.count / 2
        return [0..<half, half..<batch.count].flatMap { rows in
            parts(of: Batch(count: rows.count, columns: batch.columns.map { $0.gathering(Array(rows)) }))
        }
    }

    /// One batch of the stream.
    /// - Parameter batch: one vector per field, of its type; one of the `parts`.
    /// - Throws: `LakeError` (failed) when a batch has other columns than the stream, or a single row has 2 GiB of text.
    public mutating func encode(_ batch: Batch) throws(LakeError) -> ArrowBatch {
        guard batch.columns.count == fields.count else {
            throw LakeError(.failed, "a batch of \(batch.columns.count) columns in a stream of \(fields.count)")
        }
        var columns: [ArrowColumn] = []
        for (index, vector) in batch.columns.enumerated() {
            guard !isTooLong(vector, fields[index]) else { throw tooLong(index) }
            columns.append(
                fields[index].isDictionary ? try coded(vector, index) : ArrowColumn(vector, fields[index].type))
        }
        return ArrowBatch(count: batch.count, columns: columns)
    }

    private func isTooLong(_ vector: ColumnVector, _ field: ArrowField) -> Bool {
        if field.isDictionary, case .codes = vector.values { return false }
        return ArrowEncoder.textBytes(vector) > ArrowEncoder.mostText
    }

    private func tooLong(_ index: Int) -> LakeError {
        LakeError(
            .failed, "values of more than \(ArrowEncoder.mostText) bytes do not fit into an Arrow array",
            at: .init(column: fields[index].name), hint: "leave the column out, or shorten it with substr")
    }

    private mutating func coded(_ vector: ColumnVector, _ index: Int) throws(LakeError) -> ArrowColumn {
        let type = fields[index].type
        guard case .codes(let codes, let dictionary) = vector.values else {
            return ArrowEncoder.interned(vector, type)
        }
        if let shared = known[index], shared.source === dictionary {
            return ArrowEncoder.column(codes, limit: dictionary.count, shared.column)
        }
        let isLong = ArrowEncoder.textBytes(dictionary.values) > ArrowEncoder.mostText
        if isLong || dictionary.count / ArrowEncoder.sparse > codes.count {
            let (positions, values) = ArrowEncoder.cut(codes, dictionary)
            guard ArrowEncoder.textBytes(values) <= ArrowEncoder.mostText else { throw tooLong(index) }
            return ArrowEncoder.column(positions, limit: values.count, ArrowColumn(values, type))
        }
        let column = ArrowColumn(dictionary.values, type)
        known[index] = (dictionary, column)
        return ArrowEncoder.column(codes, limit: dictionary.count, column)
    }

    private static func column(_ codes: [UInt32], limit: Int, _ dictionary: ArrowColumn) -> ArrowColumn {
        ArrowColumn(
            count: codes.count, validity: CodedValues.validity(codes, below: limit), buffers: [HeldBytes(codes)],
            dictionary: dictionary)
    }

    /// Codes in a dictionary of only the values that they name.
    private static func cut(_ codes: [UInt32], _ dictionary: ValueDictionary) -> ([UInt32], values: ColumnVector) {
        var used = IntegerInterner()
        let positions = codes.map { Int($0) < dictionary.count ? used.intern(Int64($0)) : .max }
        return (positions, dictionary.values.gathering(used.values.map { Int($0) }))
    }

    /// A dictionary column of values that have none.
    private static func interned(_ vector: ColumnVector, _ type: DataType) -> ArrowColumn {
        guard case .bytes(let strings) = vector.values else { return ArrowColumn(vector, type) }
        var interner = ByteInterner()
        let codes = (0..<strings.count).map { vector.isNull($0) ? .max : interner.intern(strings, $0) }
        let values = ColumnVector(.bytes(interner.values))
        return column(codes, limit: interner.count, ArrowColumn(values, type))
    }

    /// Bytes of text that a vector takes when it is spelt out; beyond them where that is clear without counting.
    private static func textBytes(_ vector: ColumnVector) -> Int {
        switch vector.values {
        case .integers, .floats: return 0
        case .bytes(let strings): return strings.data.count
        case .lists(_, let child): return textBytes(child.vector)
        case .codes(let codes, let dictionary):
            guard case .bytes(let strings) = dictionary.values.values else { return 0 }
            let bound = strings.data.count.multipliedReportingOverflow(by: codes.count)
            if !bound.overflow, bound.partialValue <= mostText { return bound.partialValue }
            return codes.reduce(0) { $0 + (Int($1) < strings.count ? strings[Int($1)].count : 0) }
        }
    }
}
