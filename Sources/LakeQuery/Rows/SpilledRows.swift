import LakeBytes
import LakeCore
import LakeShard

/// Sorted rows as bytes of a temporary file, read again by the same query.
enum SpilledRows {
    /// - Parameter unions: per column the dictionaries that its codes are of.
    static func write(_ batch: Batch, _ keys: SortKeys, _ unions: [DictionaryUnion]) -> [UInt8] {
        var writer = ByteWriter()
        writer.append(UInt64(batch.count))
        for row in 0..<batch.count {
            let key = keys.key(row)
            writer.append(UInt32(key.count))
            writer.append(Array(key))
        }
        for (column, union) in zip(batch.columns, unions) { write(column, union, into: &writer) }
        return writer.bytes
    }

    static func read(_ bytes: ByteView, _ unions: [DictionaryUnion]) throws -> SortRun {
        var input = Input(bytes: bytes)
        let count = try input.number()
        var keys = SortKeys()
        for _ in 0..<count {
            let length = Int(try input.take(UInt32.self))
            keys.append(try input.bytes(length))
        }
        let columns = try unions.map { try vector(&input, count, $0) }
        return SortRun(batch: Batch(count: count, columns: columns), keys: keys, order: nil)
    }

    private enum Kind: UInt8 {
        case integers, floats, bytes, codes, lists
    }

    private static func write(_ vector: ColumnVector, _ union: DictionaryUnion, into writer: inout ByteWriter) {
        func begin(_ kind: Kind) {
            writer.append(kind.rawValue)
            writer.append(vector.validity == nil ? UInt8(0) : 1)
            if let validity = vector.validity { writer.append(all: validity.words) }
        }
        switch vector.values {
        case .integers(let values):
            begin(.integers)
            writer.append(all: values.map { UInt64(bitPattern: $0) })
        case .floats(let values):
            begin(.floats)
            writer.append(all: values.map(\.bitPattern))
        case .bytes(let strings):
            begin(.bytes)
            writer.append(all: strings.offsets.map { UInt64($0) })
            writer.append(strings.data)
        case .codes(let codes, let dictionary):
            begin(.codes)
            let table = union.table(of: dictionary)
            writer.append(all: codes.map { table.code($0) })
        case .lists(let offsets, let child):
            begin(.lists)
            writer.append(all: offsets.map { UInt64($0) })
            // Elements have no dictionary of their own on disk.
            write(child.vector.spelledOut(), union, into: &writer)
        }
    }

    private static func vector(_ input: inout Input, _ count: Int, _ union: DictionaryUnion) throws -> ColumnVector {
        guard let kind = Kind(rawValue: try input.take(UInt8.self)) else {
            throw input.bytes.corrupt("no kind of values")
        }
        var validity: Bitmap?
        if try input.take(UInt8.self) == 1 {
            validity = Bitmap(
                words: try (0..<((count + 63) / 64)).map { _ in try input.take(UInt64.self) }, count: count)
        }
        switch kind {
        case .integers:
            return ColumnVector(.integers(try (0..<count).map { _ in try input.take(Int64.self) }), validity: validity)
        case .floats:
            let values = try (0..<count).map { _ in Double(bitPattern: try input.take(UInt64.self)) }
            return ColumnVector(.floats(values), validity: validity)
        case .bytes:
            let offsets = try (0...count).map { _ in try input.number() }
            let data = try input.bytes(offsets[count])
            return ColumnVector(.bytes(ByteStrings(offsets: offsets, data: data)), validity: validity)
        case .codes:
            return union.vector(try (0..<count).map { _ in try input.take(UInt32.self) })
        case .lists:
            let offsets = try (0...count).map { _ in try input.number() }
            let child = try vector(&input, offsets[count], union)
            return ColumnVector(.lists(offsets: offsets, child: ListChild(child)), validity: validity)
        }
    }

    private struct Input {
        let bytes: ByteView
        var position = 0

        init(bytes: ByteView) { self.bytes = bytes }

        mutating func take<Number: FixedWidthInteger & BitwiseCopyable>(_ type: Number.Type) throws -> Number {
            defer { position += MemoryLayout<Number>.size }
            return try bytes.load(at: position)
        }

        mutating func number() throws -> Int { Int(clamping: try take(UInt64.self)) }

        mutating func bytes(_ count: Int) throws -> [UInt8] {
            defer { position += count }
            return try bytes.bytes(offset: position, count: count)
        }
    }
}
