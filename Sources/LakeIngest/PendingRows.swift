import LakeBytes
import LakeCore
import LakeShard

/// Rows that were read and not yet judged: some of them may have values that do not fit.
struct PendingRows {
    var count: Int
    /// Where each row stands in the input.
    var lines: [Int]
    /// In schema order; a value that did not fit is NULL here and named in `faults`.
    var columns: [ColumnVector]
    var faults: [CellFault]
    /// Records that did not even become rows.
    var refused: [BadLine]

    /// The rows without fault, and the others as bad lines (one reason per row).
    func judged(_ schema: Schema, file: String) -> (batch: Batch, bad: [BadLine]) {
        var faults = faults
        for (index, field) in schema.fields.enumerated() where !field.nullable {
            guard let validity = columns[index].validity else { continue }
            for row in 0..<count where !validity[row] {
                faults.append(
                    CellFault(
                        row: row, column: index, reason: "NULL, where the column must have a value",
                        hint: "declare the column nullable, or give it a value"))
            }
        }
        var bad = refused
        guard !faults.isEmpty else { return (Batch(count: count, columns: columns), bad) }
        var keep = Bitmap(count: count, filled: true)
        for fault in faults where keep[fault.row] {
            keep[fault.row] = false
            bad.append(
                BadLine(
                    file: file, line: lines[fault.row], column: schema.fields[fault.column].name, reason: fault.reason,
                    hint: fault.hint))
        }
        let rows = keep.positions
        return (Batch(count: rows.count, columns: columns.map { $0.picking(rows) }), bad)
    }
}

extension ColumnVector {
    /// The values at `rows`, which ascend.
    func picking(_ rows: [Int32]) -> ColumnVector {
        var bitmap: Bitmap?
        if let validity {
            var picked = Bitmap()
            for row in rows { picked.append(validity[Int(row)]) }
            bitmap = picked.population == picked.count ? nil : picked
        }
        switch values {
        case .integers(let values): return ColumnVector(.integers(rows.map { values[Int($0)] }), validity: bitmap)
        case .floats(let values): return ColumnVector(.floats(rows.map { values[Int($0)] }), validity: bitmap)
        case .bytes(let strings):
            var picked = ByteStrings()
            for row in rows { picked.append(strings[Int(row)]) }
            return ColumnVector(.bytes(picked), validity: bitmap)
        case .codes(let codes, let dictionary):
            return ColumnVector(.codes(rows.map { codes[Int($0)] }, dictionary: dictionary), validity: bitmap)
        case .lists(let offsets, let child):
            var elements: [Int32] = []
            var picked = [0]
            for row in rows {
                elements.append(contentsOf: Int32(offsets[Int(row)])..<Int32(offsets[Int(row) + 1]))
                picked.append(elements.count)
            }
            let vector = child.vector.picking(elements)
            return ColumnVector(.lists(offsets: picked, child: ListChild(vector)), validity: bitmap)
        }
    }
}

extension CellFault {
    /// The fault of a text that spells no value of `type`.
    init(row: Int, column: Int, text: some Collection<UInt8>, type: DataType) {
        let shown = CellFault.shown(text)
        var reason = "'\(shown)' is not \(type.article)"
        var hint: String?
        let bytes = Array(text.prefix(400))
        let kind = bytes.isEmpty ? .empty : CellParser.kind(bytes.span, 0, bytes.count).kind
        switch (type, kind) {
        case (.date, _): hint = "dates are written YYYY-MM-DD"
        case (.timestamp, _):
            hint = "times are written YYYY-MM-DDTHH:MM:SS, with at most six decimals, and Z or an offset"
        case (.binary, _): hint = "binary values are written in base64"
        case (.bool, _): hint = "bools are written true and false"
        case (.float32, .overflow), (.float64, .overflow), (.float32, .real): reason = "\(shown) is beyond \(type)"
        case (.float32, .largeInteger), (.float64, .largeInteger), (.float32, .hugeInteger), (.float64, .hugeInteger):
            reason = "\(shown) is an integer beyond 2^53, which \(type) may not hold exactly"
            hint = "make the column int64 or utf8 in the schema"
        case (_, .integer), (_, .largeInteger), (_, .hugeInteger):
            let limits = type.integerLimits
            reason = "\(shown) is beyond \(type) (\(limits.low) to \(limits.high))"
        case (_, .text) where bytes.count > 1 && bytes.allSatisfy({ $0 &- 0x30 <= 9 }):
            hint = "a number with leading zeros is kept as utf8"
        default: break
        }
        self.init(row: row, column: column, reason: reason, hint: hint)
    }

    /// A value short enough for a message, as valid text on one line.
    static func shown(_ text: some Collection<UInt8>) -> String {
        var shown = String(decoding: text.prefix(60), as: UTF8.self)
        if text.count > 60 { shown += "…" }
        return String(shown.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "␣" : Character($0) })
    }
}
