import LakeBytes

/// A cell of an input row: the bytes `start..<end` of a column, without blanks at the ends.
struct AdCell {
    let data: [UInt8]
    let start: Int
    let end: Int

    /// Nil for NULL, and for a cell of blanks.
    init?(_ column: ColumnVector, row: Int) {
        // Most fields are NULL in all rows; that is found out first.
        if let validity = column.validity, row >= validity.count || !validity[row] { return nil }
        guard case .bytes(let strings) = column.values, row >= 0, row < strings.count else { return nil }
        var (start, end) = (strings.offsets[row], strings.offsets[row + 1])
        LooseValue.trim(strings.data.span, &start, &end)
        guard start < end else { return nil }
        (data, self.start, self.end) = (strings.data, start, end)
    }

    /// All of a text.
    init(_ text: String) {
        data = Array(text.utf8)
        (start, end) = (0, data.count)
    }

    /// Whether it is a word that stands for no value, such as `NaN` and `None`.
    var isAbsent: Bool { LooseValue.isAbsent(data.span, start, end) }

    /// The whole cell as text, put right.
    func text(_ flags: inout Set<AdFlag>) -> String { TextRepair.text(data[start..<end], &flags) }

    /// What a part of it says, put right.
    func text(_ text: LooseValue.Text, _ flags: inout Set<AdFlag>) -> String {
        guard text.isEscaped else { return TextRepair.text(data[text.start..<text.end], &flags) }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(text.end - text.start)
        if !LooseValue.decode(data.span, text, into: &decoded) { flags.insert(.textDamaged) }
        return TextRepair.text(decoded[...], &flags)
    }
}
