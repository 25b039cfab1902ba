import LakeBytes
import LakeCore

/// Chooses among constant, scaled decimals and plain for floats: FORMAT.md, *Data*.
enum FloatEncoder {
    static func encode(_ values: [Double], validity: Bitmap?, type: DataType) -> EncodedChunk {
        var values = values
        let nulls = validity.map { $0.count - $0.population } ?? 0
        guard nulls < values.count || values.isEmpty else {
            return EncodedChunk(encoding: .constant, payload: [], count: values.count, nullCount: nulls)
        }
        let statistics: Statistics
        if nulls > 0, let validity {
            statistics = Statistics(floats: values.indices.lazy.filter { validity[$0] }.map { values[$0] })
            let filler = values[values.indices.first { validity[$0] } ?? 0]
            for index in values.indices where !validity[index] { values[index] = filler }
        } else {
            statistics = Statistics(floats: values)
        }
        let first = values.first?.bitPattern ?? 0
        var chunk: EncodedChunk
        if values.allSatisfy({ $0.bitPattern == first }) {
            var writer = ByteWriter()
            writer.append(first)
            chunk = EncodedChunk(encoding: .constant, payload: writer.bytes, count: values.count)
        } else {
            chunk = plain(values, type: type)
            if let decimal = decimal(values, type: type), decimal.payload.count < chunk.payload.count {
                chunk = decimal
            }
        }
        chunk.nullCount = nulls
        chunk.validity = nulls > 0 ? validity : nil
        chunk.statistics = statistics
        return chunk
    }

    private static func plain(_ values: [Double], type: DataType) -> EncodedChunk {
        var writer = ByteWriter()
        if type == .float32 {
            writer.append(all: values.map { Float($0).bitPattern })
        } else {
            writer.append(all: values)
        }
        return EncodedChunk(
            encoding: .plain, parameter: type == .float32 ? 4 : 8, payload: writer.bytes, count: values.count)
    }

    static let powersOfTen: [Double] = (0...18).map { exponent in
        (0..<exponent).reduce(1) { value, _ in value * 10 }
    }

    /// What a scaled integer stands for.
    static func value(_ scaled: Int64, exponent: Int, type: DataType) -> Double {
        let value = Double(scaled) / powersOfTen[exponent]
        return type == .float32 ? Double(Float(value)) : value
    }

    private static func scaled(_ value: Double, exponent: Int, type: DataType) -> Int64? {
        let product = (value * powersOfTen[exponent]).rounded()
        guard product.magnitude < 9_007_199_254_740_992 else { return nil }
        let integer = Int64(product)
        return self.value(integer, exponent: exponent, type: type).bitPattern == value.bitPattern ? integer : nil
    }

    /// Nil when more than a sixteenth of the values are no short decimals.
    private static func decimal(_ values: [Double], type: DataType) -> EncodedChunk? {
        let step = max(1, values.count / 256)
        let sample = stride(from: 0, to: values.count, by: step).map { values[$0] }
        let allowed = sample.count / 16
        let fitting = (0...14).first { exponent in
            sample.count { scaled($0, exponent: exponent, type: type) == nil } <= allowed
        }
        guard let exponent = fitting else { return nil }
        var integers = [Int64](repeating: 0, count: values.count)
        var positions: [UInt32] = []
        var exceptions: [Double] = []
        var last: Int64?
        for (index, value) in values.enumerated() {
            if let integer = scaled(value, exponent: exponent, type: type) {
                integers[index] = integer
                last = last ?? integer
            } else {
                positions.append(UInt32(index))
                exceptions.append(value)
            }
        }
        guard exceptions.count <= values.count / 16, let filler = last else { return nil }
        for position in positions { integers[Int(position)] = filler }
        let low = integers.min() ?? 0
        let width = BitPacking.width(of: UInt64(bitPattern: (integers.max() ?? 0) &- low))
        var writer = ByteWriter()
        writer.append(low)
        writer.append(UInt32(positions.count))
        writer.append(UInt32(0))
        BitPacking.pack(integers, base: low, width: width, into: &writer)
        writer.append(all: positions)
        writer.pad(to: 8)
        writer.append(all: exceptions)
        return EncodedChunk(
            encoding: .decimal, parameter: UInt64(width | exponent << 8), payload: writer.bytes, count: values.count)
    }
}
