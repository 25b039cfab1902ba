import CReadStat
import LakeCore

/// What one cell of a survey file holds.
enum SurveyCell: Equatable {
    case number(Double)
    case text(String)
    case missing
}

/// Writes one SPSS system file through ReadStat: the columns first, then the rows.
final class SurveyWriter {
    private let path: String
    private let handle: OpaquePointer
    private var closed = false

    /// Starts a file of exactly `rows` rows, over one that is there.
    /// - Throws: `LakeError` (io) when it cannot be created.
    init(path: String, rows: Int) throws(LakeError) {
        guard let handle = sav_writer_open(path, Int64(rows)) else {
            throw LakeError(
                .io, "cannot create the file", at: .init(file: path), hint: "check the directory and its permissions")
        }
        self.path = path
        self.handle = handle
    }

    deinit {
        if !closed { _ = sav_writer_close(handle) }
    }

    /// Adds a column. `width` above 0 makes it text of at most so many bytes.
    func add(_ column: SurveyColumn, width: Int = 0) {
        var set: Int32 = -1
        if !column.labels.isEmpty {
            set = sav_writer_label_set(handle, column.isText ? 1 : 0)
            for label in column.labels {
                if let text = label.text {
                    sav_writer_text_label(handle, set, text, label.label)
                } else {
                    sav_writer_label(handle, set, label.code, label.label)
                }
            }
        }
        let number = sav_writer_column(handle, column.name, column.label, column.format, Int64(width), set)
        for range in column.missing { sav_writer_missing(handle, number, range.lowerBound, range.upperBound) }
    }

    /// Writes one row, a cell per column in their order.
    func write(_ row: [SurveyCell]) {
        sav_writer_begin_row(handle)
        for (column, cell) in row.enumerated() {
            switch cell {
            case .number(let value): sav_writer_number(handle, Int32(column), value)
            case .text(let value): sav_writer_text(handle, Int32(column), value)
            case .missing: sav_writer_number(handle, Int32(column), .nan)
            }
        }
        sav_writer_end_row(handle)
    }

    /// Finishes the file.
    /// - Throws: `LakeError` (io) when anything since `init` failed.
    func close() throws(LakeError) {
        closed = true
        let status = sav_writer_close(handle)
        guard status != 0 else { return }
        var bytes = [UInt8](repeating: 0, count: 200)
        let length = sav_error_message(status, &bytes, bytes.count)
        throw LakeError(
            .io, "cannot write a survey file: \(String(decoding: bytes[..<length], as: UTF8.self))",
            at: .init(file: path))
    }
}
