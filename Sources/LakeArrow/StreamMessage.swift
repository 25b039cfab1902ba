import LakeBytes
import LakeCore

/// The messages of an Arrow IPC stream: https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format.
enum StreamMessage {
    /// Metadata version 5.
    private static let version: Int16 = 4
    /// Buffers begin at multiples of this many bytes.
    private static let alignment = 64

    /// What ends a stream.
    static let end: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0]

    /// The columns. Dictionaries are numbered as their columns are.
    static func schema(_ fields: [ArrowField]) -> [UInt8] {
        let tables = fields.enumerated().map { table($1, dictionary: $1.isDictionary ? Int64($0) : nil) }
        return message(1, FlatTable(.int16(0), .tables(tables)), body: ByteWriter())
    }

    /// The values of a dictionary, which replace those it had.
    static func dictionary(_ id: Int, _ values: ArrowColumn) -> [UInt8] {
        var body = ByteWriter()
        let data = batch(count: values.count, [values], body: &body)
        return message(2, FlatTable(.int64(Int64(id)), .table(data)), body: body)
    }

    /// Rows.
    static func rows(_ batch: ArrowBatch) -> [UInt8] {
        var body = ByteWriter()
        let data = StreamMessage.batch(count: batch.count, batch.columns, body: &body)
        return message(3, data, body: body)
    }

    private static func message(_ kind: UInt8, _ header: FlatTable, body: ByteWriter) -> [UInt8] {
        let table = FlatTable(.int16(version), .byte(kind), .table(header), .int64(Int64(body.count)))
        let metadata = table.bytes()
        var message = ByteWriter()
        message.append(UInt32.max)
        message.append(UInt32(metadata.count))
        message.append(metadata)
        message.append(body.bytes)
        return message.bytes
    }

    /// A `RecordBatch`: how many values and NULLs each column has and where its buffers lie in the body.
    private static func batch(count: Int, _ columns: [ArrowColumn], body: inout ByteWriter) -> FlatTable {
        var nodes: [(Int64, Int64)] = []
        var buffers: [(Int64, Int64)] = []
        func add(_ column: ArrowColumn) {
            nodes.append((Int64(column.count), Int64(column.nullCount)))
            for held in column.buffers {
                buffers.append((Int64(body.count), Int64(held?.count ?? 0)))
                if let held { body.append(held) }
                body.pad(to: alignment)
            }
            for child in column.children { add(child) }
        }
        for column in columns { add(column) }
        return FlatTable(.int64(Int64(count)), .pairs(nodes), .pairs(buffers))
    }

    /// A `Field`.
    private static func table(_ field: ArrowField, dictionary: Int64?) -> FlatTable {
        let (kind, type) = type(field.type)
        let positions = FlatTable(.int32(32), .byte(1))
        return FlatTable(
            .text(field.name), .byte(1), .byte(kind), .table(type),
            dictionary.map { .table(FlatTable(.int64($0), .table(positions))) },
            .tables(field.children.map { table($0, dictionary: nil) }))
    }

    /// A member of the union `Type`, and its number.
    private static func type(_ type: DataType) -> (UInt8, FlatTable) {
        switch type {
        case .int8, .int16, .int32, .int64: (2, FlatTable(.int32(Int32(8 * type.width)), .byte(1)))
        case .uint8, .uint16, .uint32, .uint64: (2, FlatTable(.int32(Int32(8 * type.width)), .byte(0)))
        case .float32: (3, FlatTable(.int16(1)))
        case .float64: (3, FlatTable(.int16(2)))
        case .binary: (4, FlatTable())
        case .utf8: (5, FlatTable())
        case .bool: (6, FlatTable())
        case .date: (8, FlatTable(.int16(0)))
        case .timestamp: (10, FlatTable(.int16(2), .text("UTC")))
        case .list: (12, FlatTable())
        case .fixedList(_, let size): (16, FlatTable(.int32(Int32(size))))
        }
    }
}
