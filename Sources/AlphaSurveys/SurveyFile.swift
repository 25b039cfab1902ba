import CReadStat
import LakeCore

/// One variable of a survey file.
public struct SurveyColumn: Sendable, Equatable {
    public var name: String
    /// The variable label: usually the question's wording. Empty when there is none.
    public var label: String
    /// The SPSS print format, such as `F8.2`, `A73` or `DATETIME20`.
    public var format: String
    public var isText: Bool
    /// The value labels in the order of the file; empty for a column without.
    public var labels: [ValueLabel]
    /// The ranges of numbers that are declared user-missing. Such answers are kept.
    public var missing: [ClosedRange<Double>]
}

/// What one code of a column stands for.
public struct ValueLabel: Sendable, Equatable {
    /// The code of a numeric column.
    public var code: Double
    /// The code of a text column.
    public var text: String?
    public var label: String
}

/// An SPSS system file (`.sav`, `.zsav`), read whole into memory by ReadStat: cells column by column, 8 bytes each.
///
/// Used by one thread at a time.
public final class SurveyFile {
    public let path: String
    public let columns: [SurveyColumn]
    /// Respondents, 0 when only the header was read.
    public let rows: Int
    /// Whether the file breaks its own character set and was read as Windows-1252 instead.
    public let recoded: Bool
    private let handle: OpaquePointer
    private let text: [UInt8]
    private let strings: [sav_span]

    /// Reads `path`; `cells` false reads the variables and their labels alone.
    /// - Throws: `LakeError` naming the file: `missing` or `io` when it cannot be opened or read, `corrupt` when it is
    ///   no SPSS system file or a damaged one.
    public init(path: String, cells: Bool = true) throws(LakeError) {
        guard let handle = sav_read(path, cells ? 1 : 0) else {
            throw LakeError(.io, "out of memory while reading a survey file", at: .init(file: path))
        }
        let status = sav_status(handle)
        guard status == 0 else {
            let error = SurveyFile.failure(status, handle, path)
            sav_free(handle)
            throw error
        }
        self.path = path
        self.handle = handle
        rows = Int(sav_rows(handle))
        recoded = sav_recoded(handle) != 0
        let text = SurveyFile.copied(Int(sav_text_length(handle)), UInt8(0)) { sav_copy_text(handle, &$0) }
        strings = SurveyFile.copied(Int(sav_string_count(handle)), sav_span()) { sav_copy_strings(handle, &$0) }
        let labels = SurveyFile.copied(Int(sav_label_count(handle)), sav_label()) { sav_copy_labels(handle, &$0) }
        let columns = SurveyFile.copied(Int(sav_column_count(handle)), sav_column()) { sav_copy_columns(handle, &$0) }
        self.text = text
        self.columns = SurveyFile.joined(columns, labels, text)
    }

    deinit { sav_free(handle) }

    /// The cells of a column: numbers, NaN where missing. For a text column positions in `string`, NaN where empty.
    public func cells(_ column: Int) -> [Double] {
        SurveyFile.copied(rows, Double.nan) { sav_copy_cells(handle, Int64(column), &$0) }
    }

    /// The text that a cell of a text column refers to.
    public func string(_ position: Int) -> String {
        guard strings.indices.contains(position) else { return "" }
        return SurveyFile.string(strings[position], text)
    }

    private static func copied<Element>(_ count: Int, _ empty: Element, _ copy: (inout [Element]) -> Void) -> [Element]
    {
        var result = [Element](repeating: empty, count: count)
        copy(&result)
        return result
    }

    private static func string(_ span: sav_span, _ text: [UInt8]) -> String {
        String(decoding: text[Int(span.start)..<Int(span.start) + Int(span.length)], as: UTF8.self)
    }

    /// Puts the value labels, which the file keeps in named sets, to the columns that use them.
    private static func joined(_ columns: [sav_column], _ labels: [sav_label], _ text: [UInt8]) -> [SurveyColumn] {
        var sets: [String: [ValueLabel]] = [:]
        for label in labels {
            let value = ValueLabel(
                code: label.is_text == 0 ? label.code : .nan,
                text: label.is_text == 0 ? nil : string(label.text_code, text), label: string(label.label, text))
            sets[string(label.label_set, text), default: []].append(value)
        }
        return columns.map { column in
            let lows = [column.missing_low.0, column.missing_low.1, column.missing_low.2]
            let highs = [column.missing_high.0, column.missing_high.1, column.missing_high.2]
            let missing = zip(lows, highs).prefix(Int(column.missing_count)).compactMap { $0 <= $1 ? $0...$1 : nil }
            return SurveyColumn(
                name: string(column.name, text), label: string(column.label, text), format: string(column.format, text),
                isText: column.is_text != 0,
                labels: column.label_set.length == 0 ? [] : sets[string(column.label_set, text)] ?? [], missing: missing
            )
        }
    }

    private static func failure(_ status: Int32, _ handle: OpaquePointer, _ path: String) -> LakeError {
        var bytes = [UInt8](repeating: 0, count: 600)
        let length = sav_message(handle, &bytes, bytes.count)
        let reason = String(decoding: bytes[..<length], as: UTF8.self)
        let code: LakeError.Code =
            switch status {
            case 1: .missing
            case 2, 3, 15: .io
            default: .corrupt
            }
        return LakeError(
            code, "not a readable SPSS system file: \(reason)", at: .init(file: path),
            hint: code == .missing
                ? "check the path and the permissions of the file"
                : "open it in SPSS or PSPP and save it again as .sav, or fetch it anew from the publisher")
    }
}
