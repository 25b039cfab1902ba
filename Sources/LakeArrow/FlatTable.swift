import LakeBytes

/// A table of FlatBuffers, the encoding of Arrow's metadata, to be written once: https://flatbuffers.dev/internals.
///
/// Offsets in FlatBuffers point forward, so a table is written before what it refers to.
struct FlatTable {
    indirect enum Value {
        case byte(UInt8)
        case int16(Int16)
        case int32(Int32)
        case int64(Int64)
        case text(String)
        case table(FlatTable)
        case tables([FlatTable])
        /// A vector of structs of two 64-bit integers each.
        case pairs([(Int64, Int64)])

        /// Bytes inside of the table: offsets take four.
        var width: Int {
            switch self {
            case .byte: 1
            case .int16: 2
            case .int32, .text, .table, .tables, .pairs: 4
            case .int64: 8
            }
        }
    }

    /// Per field of the table's definition, in its order, the value; nil for its default.
    var fields: [Value?]

    init(_ fields: Value?...) { self.fields = fields }

    /// The bytes of a buffer with this table as its root, a multiple of 8.
    func bytes() -> [UInt8] {
        var writer = ByteWriter()
        writer.append(UInt32(0))
        let root = write(to: &writer)
        writer.put(UInt32(root), at: 0)
        writer.pad(to: 8)
        return writer.bytes
    }

    /// Writes the table, and behind it what it refers to.
    /// - Returns: where it stands.
    private func write(to writer: inout ByteWriter) -> Int {
        let places = places()
        let head = 4 + 2 * fields.count
        // The list of places stands right before the table, which is aligned for its largest fields.
        while (writer.count + head) % 8 != 0 { writer.append(UInt8(0)) }
        let list = writer.count
        writer.append(UInt16(head))
        writer.append(UInt16(places.size))
        for place in places.fields { writer.append(UInt16(place)) }
        let start = writer.count
        writer.append(Int32(start - list))
        writer.append([UInt8](repeating: 0, count: places.size - 4))
        for (field, place) in zip(fields, places.fields) {
            if let field { FlatTable.put(field, at: start + place, in: &writer) }
        }
        return start
    }

    /// Where each field stands in the table, 0 for one at its default, the largest first so that there are no gaps.
    private func places() -> (fields: [Int], size: Int) {
        var places = fields.map { _ in 0 }
        var size = 4
        for width in [8, 4, 2, 1] {
            for (index, field) in fields.enumerated() where field?.width == width {
                size = (size + width - 1) / width * width
                places[index] = size
                size += width
            }
        }
        return (places, size)
    }

    private static func put(_ value: Value, at place: Int, in writer: inout ByteWriter) {
        switch value {
        case .byte(let value): writer.put(value, at: place)
        case .int16(let value): writer.put(value, at: place)
        case .int32(let value): writer.put(value, at: place)
        case .int64(let value): writer.put(value, at: place)
        case .text(let text):
            writer.pad(to: 4)
            writer.put(UInt32(writer.count - place), at: place)
            writer.append(UInt32(text.utf8.count))
            writer.append(Array(text.utf8) + [0])
        case .table(let table):
            let start = table.write(to: &writer)
            writer.put(UInt32(start - place), at: place)
        case .tables(let tables):
            writer.pad(to: 4)
            writer.put(UInt32(writer.count - place), at: place)
            writer.append(UInt32(tables.count))
            let first = writer.count
            for _ in tables { writer.append(UInt32(0)) }
            for (index, table) in tables.enumerated() {
                let start = table.write(to: &writer)
                writer.put(UInt32(start - first - 4 * index), at: first + 4 * index)
            }
        case .pairs(let pairs):
            // The count stands right before the first struct, which is aligned.
            while (writer.count + 4) % 8 != 0 { writer.append(UInt8(0)) }
            writer.put(UInt32(writer.count - place), at: place)
            writer.append(UInt32(pairs.count))
            for (first, second) in pairs {
                writer.append(first)
                writer.append(second)
            }
        }
    }
}
