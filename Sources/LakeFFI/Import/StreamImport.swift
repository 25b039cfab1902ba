import CArrow
import LakeBytes
import LakeCore
import LakeShard

/// A foreign stream that we have taken over: whatever happens, it and all that it handed out is released.
final class StreamImport {
    /// Rows that are read at a time, however long its batches are.
    private static let window = 65_536

    private let stream: UnsafeMutablePointer<ArrowArrayStream>

    /// Moves the stream out of `source`, which is a released one from then on.
    /// - Throws: `LakeError` (usage) when it has been released, or lacks its functions.
    init(_ source: UnsafeMutablePointer<ArrowArrayStream>) throws(LakeError) {
        guard source.pointee.release != nil, source.pointee.get_schema != nil, source.pointee.get_next != nil else {
            throw LakeError(.usage, "the stream has been released")
        }
        stream = .allocate(capacity: 1)
        stream.initialize(to: source.pointee)
        source.pointee.release = nil
    }

    deinit {
        stream.pointee.release?(stream)
        stream.deallocate()
    }

    /// The columns.
    func fields() throws(LakeError) -> [ImportedField] {
        var schema = ArrowSchema()
        let status = stream.pointee.get_schema?(stream, &schema) ?? 0
        guard status == 0 else { throw failure(status) }
        defer { schema.release?(&schema) }
        return try ImportedField.columns(&schema)
    }

    /// Hands all rows out, in runs that fit into memory.
    func forEachBatch(_ fields: [ImportedField], _ body: (Batch) throws -> Void) throws {
        while true {
            var array = ArrowArray()
            let status = stream.pointee.get_next?(stream, &array) ?? 0
            guard status == 0 else { throw failure(status) }
            guard array.release != nil else { return }
            defer { array.release?(&array) }
            let (columns, offset, count) = try StreamImport.columns(&array, fields)
            for first in stride(from: 0, to: count, by: StreamImport.window) {
                let rows = (offset + first)..<(offset + min(count, first + StreamImport.window))
                try body(Batch(count: rows.count, columns: try columns.map { try $0.vector(rows) }))
            }
        }
    }

    /// The columns of a struct of rows, and which of their values are rows.
    static func columns(
        _ array: UnsafeMutablePointer<ArrowArray>, _ fields: [ImportedField]
    ) throws(LakeError) -> (columns: [ArrowArrayReader], offset: Int, count: Int) {
        func refused(_ what: String) -> LakeError { LakeError(.usage, "the Arrow array of rows is not valid: " + what) }
        let part = array.pointee
        let most = Int64(ArrowArrayReader.most)
        guard (0...most).contains(part.length), (0...most).contains(part.offset) else {
            throw refused("it has the length \(part.length) and the offset \(part.offset)")
        }
        guard part.n_children == fields.count, fields.isEmpty || part.children != nil else {
            throw refused("\(part.n_children) columns instead of \(fields.count)")
        }
        guard part.null_count <= 0 || part.length == 0 else { throw refused("rows that are NULL as a whole") }
        if part.null_count < 0, part.n_buffers > 0, let bits = part.buffers?[0] {
            let valid = ArrowArrayReader.bits(bits, from: Int(part.offset), count: Int(part.length)).population
            guard valid == Int(part.length) else { throw refused("rows that are NULL as a whole") }
        }
        var columns: [ArrowArrayReader] = []
        for (index, field) in fields.enumerated() {
            let column = try ArrowArrayReader(field, part.children?[index])
            guard column.count >= Int(part.offset) + Int(part.length) else {
                throw refused("\(part.length) rows with \(column.count) values of '\(field.name)'")
            }
            columns.append(column)
        }
        return (columns, Int(part.offset), Int(part.length))
    }

    private func failure(_ status: Int32) -> LakeError {
        let text = stream.pointee.get_last_error?(stream).map { String(cString: $0) }
        return LakeError(.failed, "the stream of rows failed: " + (text ?? "error \(status)"))
    }
}
