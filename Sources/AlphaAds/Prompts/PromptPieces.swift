import LakeBytes

/// The texts of fields for some rows: where each stands, in the bytes of a column or in bytes made for it.
///
/// They are found field by field, so that what a field is made of is looked at once and not for every row.
struct PromptPieces {
    /// Most rows at a time: what is written here is to be read again while it is in the cache.
    static let most = 512

    private let plan: PromptPlan
    private let inputs: [PromptInput]
    private let states: ByteStrings
    /// By field: the bytes that its texts are in.
    private(set) var sources: [[UInt8]]
    /// Of field `f` in the row `i` of those at hand, at `f * most + i`: nothing that can be relied on where the row's
    /// template does not use the field.
    private(set) var starts: [Int]
    private(set) var ends: [Int]

    init(_ plan: PromptPlan, _ inputs: [PromptInput], states: ByteStrings) {
        self.plan = plan
        self.inputs = inputs
        self.states = states
        sources = [[UInt8]](repeating: [], count: plan.fields.count)
        starts = [Int](repeating: 0, count: plan.fields.count * PromptPieces.most)
        ends = starts
    }

    /// Finds the texts of the rows from `first`, one for each of `templates`.
    mutating func find(_ templates: ArraySlice<Int16>) {
        for field in plan.fields.indices {
            var rows: [Int] = []
            for row in templates.indices where templates[row] >= 0 {
                if plan.uses[Int(templates[row]) * plan.fields.count + field] { rows.append(row) }
            }
            if rows.isEmpty { continue }
            let input = plan.fields[field].inputs.first.map { inputs[$0] }
            if let input, plan.fields[field].slot.form == .text, input.isText, !input.isList {
                point(field, at: input, rows, first: templates.startIndex)
            } else {
                make(field, rows, first: templates.startIndex)
            }
        }
    }

    /// Text that is there already.
    private mutating func point(_ field: Int, at input: PromptInput, _ rows: [Int], first: Int) {
        if sources[field].isEmpty { sources[field] = input.data }
        let base = field * PromptPieces.most - first
        for row in rows {
            let range = input.range(row) ?? 0..<0
            starts[base + row] = range.lowerBound
            ends[base + row] = range.upperBound
        }
    }

    /// Text that has to be made; once for rows of one ad that follow each other.
    private mutating func make(_ field: Int, _ rows: [Int], first: Int) {
        let base = field * PromptPieces.most - first
        let (slot, own) = (plan.fields[field].slot, plan.fields[field].inputs.map { inputs[$0] })
        let key = plan.fields[field].key >= 0 ? inputs[plan.fields[field].key] : nil
        var made = sources[field]
        sources[field] = []
        made.removeAll(keepingCapacity: true)
        var last: Int64?
        var start = 0
        for row in rows {
            let known = key?.number(row)
            if known == nil || known != last {
                start = made.count
                switch slot.form {
                case .text: own[0].append(row, to: &made)
                case .date: if let days = own[0].number(row) { PromptNumbers.append(date: days, to: &made) }
                case .range: PromptPieces.append(range: own, row, to: &made)
                case .states: append(states: own[0], row, to: &made)
                }
                last = known
            }
            starts[base + row] = start
            ends[base + row] = made.count
        }
        sources[field] = made
    }

    /// `USD 1,000-1,499`, with or without currency.
    private static func append(range inputs: [PromptInput], _ row: Int, to made: inout [UInt8]) {
        guard let lower = inputs[0].number(row) else { return }
        if inputs.count > 2 {
            let before = made.count
            inputs[2].append(row, to: &made)
            if made.count > before { made.append(UInt8(ascii: " ")) }
        }
        PromptNumbers.append(grouped: lower, to: &made)
        guard let upper = inputs[1].number(row) else { return made.append(contentsOf: " or more".utf8) }
        if upper == lower { return }
        made.append(UInt8(ascii: "-"))
        PromptNumbers.append(grouped: upper, to: &made)
    }

    /// The three states that come first by rank, then in their own order, of those with ranks 1 to 3.
    private func append(states ranks: PromptInput, _ row: Int, to made: inout [UInt8]) {
        let elements = ranks.elements(row)
        // Rank and state as one number, the least three of them.
        var (first, second, third) = (Int.max, Int.max, Int.max)
        for state in 0..<min(elements.count, states.count) {
            guard let rank = ranks.number(element: elements.lowerBound + state), rank >= 1, rank <= 3 else { continue }
            let key = Int(rank) << 32 | state
            if key < first {
                (first, second, third) = (key, first, second)
            } else if key < second {
                (second, third) = (key, second)
            } else if key < third {
                third = key
            }
        }
        for key in [first, second, third] where key != .max {
            if key != first { PromptInput.appendComma(to: &made) }
            made.append(contentsOf: states[key & 0xFFFF_FFFF])
        }
    }
}
