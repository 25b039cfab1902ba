/// One answer that a column holds: a code, and the label it stands for where the file gives one.
struct Answer: Sendable, Equatable {
    var code: Double
    var label: String?
    /// Whether the code is declared user-missing.
    var isMissing: Bool
}

/// A column as positions in the list of its distinct answers.
struct CodedColumn {
    static let none = UInt32.max

    /// The answers that occur, ascending by code.
    private(set) var answers: [Answer]
    /// Per row the position in `answers`; `none` where the row has no answer.
    private(set) var positions: [UInt32]

    init(_ file: SurveyFile, _ column: Int) {
        let described = file.columns[column]
        let cells = file.cells(column)
        if described.isText {
            (answers, positions) = CodedColumn.text(file, described, cells)
        } else {
            (answers, positions) = CodedColumn.numbers(described, cells)
        }
    }

    private static func numbers(_ column: SurveyColumn, _ cells: [Double]) -> ([Answer], [UInt32]) {
        var codes: [Double] = []
        var positions = [UInt32](repeating: none, count: cells.count)
        // Almost every code is a small whole number: a table finds its place without hashing.
        var small = [UInt32](repeating: none, count: 1024)
        var large: [Double: UInt32] = [:]
        for (row, cell) in cells.enumerated() where cell == cell {
            if cell >= 0, cell < 1024, cell == cell.rounded(.down) {
                let slot = Int(cell)
                if small[slot] == none {
                    small[slot] = UInt32(codes.count)
                    codes.append(Double(slot))
                }
                positions[row] = small[slot]
            } else if let place = large[cell] {
                positions[row] = place
            } else {
                positions[row] = UInt32(codes.count)
                large[cell] = UInt32(codes.count)
                codes.append(cell)
            }
        }
        let labels = Dictionary(column.labels.map { ($0.code, $0.label) }, uniquingKeysWith: { first, _ in first })
        let answers = codes.map { code in
            Answer(code: code, label: labels[code], isMissing: column.missing.contains { $0.contains(code) })
        }
        return sorted(answers, positions)
    }

    /// Text codes are numbered: by their own value where every one is a number, else 1, 2, 3 ... in the order of the
    /// labelled texts (`a` is 1), the unlabelled ones after them.
    private static func text(_ file: SurveyFile, _ column: SurveyColumn, _ cells: [Double]) -> ([Answer], [UInt32]) {
        var places: [String: UInt32] = [:]
        var texts: [String] = []
        var positions = [UInt32](repeating: none, count: cells.count)
        for (row, cell) in cells.enumerated() where cell == cell {
            let text = trimmed(file.string(Int(cell)))
            guard !text.isEmpty else { continue }
            let place = places[text] ?? UInt32(texts.count)
            if Int(place) == texts.count {
                places[text] = place
                texts.append(text)
            }
            positions[row] = place
        }
        let codes = codes(ofTexts: column, others: texts)
        let labels = labels(ofTexts: column)
        let answers = texts.map { Answer(code: codes[$0] ?? .nan, label: labels[$0], isMissing: false) }
        return sorted(answers, positions)
    }

    /// The code of every text that is labelled or occurs in `others`.
    static func codes(ofTexts column: SurveyColumn, others: [String] = []) -> [String: Double] {
        let labelled = labels(ofTexts: column)
        let rest = others.filter { labelled[$0] == nil }.sorted()
        let all = labelled.keys.sorted() + rest
        let numbers = all.compactMap { Double($0) }.filter { $0.isFinite }
        let values =
            numbers.count == all.count && Set(numbers).count == all.count ? numbers : all.indices.map { Double($0 + 1) }
        return Dictionary(zip(all, values), uniquingKeysWith: { first, _ in first })
    }

    private static func labels(ofTexts column: SurveyColumn) -> [String: String] {
        Dictionary(
            column.labels.map { (trimmed($0.text ?? ""), $0.label) }, uniquingKeysWith: { first, _ in first })
    }

    /// Text without the spaces SPSS pads it with.
    static func trimmed(_ text: String) -> String {
        guard text.utf8.last == UInt8(ascii: " ") else { return text }
        return String(text.reversed().drop { $0 == " " }.reversed())
    }

    private static func sorted(_ answers: [Answer], _ positions: [UInt32]) -> ([Answer], [UInt32]) {
        let order = answers.indices.sorted { answers[$0].code < answers[$1].code }
        guard order != Array(answers.indices) else { return (answers, positions) }
        var place = [UInt32](repeating: 0, count: order.count)
        for (new, old) in order.enumerated() { place[old] = UInt32(new) }
        var moved = positions
        for row in moved.indices where moved[row] != none { moved[row] = place[Int(moved[row])] }
        return (order.map { answers[$0] }, moved)
    }
}
