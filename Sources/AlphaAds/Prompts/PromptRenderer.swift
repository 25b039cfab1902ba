import LakeBytes

/// Renders the rows of one batch, one behind the other.
///
/// Rows in the order of storage have the same ad many times: what was rendered of it is kept and copied.
struct PromptRenderer {
    /// The last text of a block.
    private struct Recent {
        var key: Int64 = 0
        /// Where it stands in the output; empty when there is none.
        var place = 0..<0
        /// A copy, made when it is wanted again: an array cannot be appended to itself without being copied whole.
        var copy: [UInt8] = []
    }

    private let plan: PromptPlan
    private let inputs: [PromptInput]
    private var pieces: PromptPieces
    private var recent: [Recent]
    private var output: [UInt8] = []

    /// - Parameter states: names of states in the order of their ranks.
    init(_ plan: PromptPlan, _ inputs: [PromptInput], states: ByteStrings) {
        self.plan = plan
        self.inputs = inputs
        pieces = PromptPieces(plan, inputs, states: states)
        recent = [Recent](repeating: Recent(), count: plan.blocks.count)
    }

    /// The longest guess at the length of a row.
    private static let longestGuess = 4096

    /// - Parameter templates: by row, the number of its task in the plan; -1 for NULL.
    mutating func render(_ templates: [Int16]) -> ColumnVector {
        var offsets = [0]
        offsets.reserveCapacity(templates.count + 1)
        for first in stride(from: 0, to: templates.count, by: PromptPieces.most) {
            let end = min(first + PromptPieces.most, templates.count)
            pieces.find(templates[first..<end])
            for row in first..<end {
                if templates[row] >= 0 {
                    for block in plan.templates[Int(templates[row])] { render(row, block, row - first) }
                }
                offsets.append(output.count)
            }
            if first == 0 {
                let guess = min(output.count / max(end, 1), PromptRenderer.longestGuess)
                output.reserveCapacity((guess + guess / 8) * templates.count)
            }
        }
        return ColumnVector(
            .bytes(ByteStrings(offsets: offsets, data: output)), validity: PromptRenderer.validity(templates))
    }

    /// Which rows have a template; nil when all do.
    static func validity(_ templates: [Int16]) -> Bitmap? {
        guard templates.contains(where: { $0 < 0 }) else { return nil }
        var bits = Bitmap(count: templates.count)
        for row in templates.indices where templates[row] >= 0 { bits[row] = true }
        return bits
    }

    /// - Parameter place: the row's position among the pieces.
    private mutating func render(_ row: Int, _ number: Int, _ place: Int) {
        let block = plan.blocks[number]
        guard block.key >= 0, let key = inputs[block.key].number(row) else { return append(block, place) }
        if recent[number].key == key, !recent[number].place.isEmpty {
            if recent[number].copy.isEmpty { recent[number].copy = Array(output[recent[number].place]) }
            output.append(contentsOf: recent[number].copy)
            return
        }
        let start = output.count
        append(block, place)
        recent[number] = Recent(key: key, place: start..<output.count)
    }

    private mutating func append(_ block: PromptPlan.Block, _ place: Int) {
        var next = block.first
        while next < block.end {
            let step = plan.steps[next]
            next += 1
            switch step {
            case .literal(let range): output.append(contentsOf: plan.literals[range])
            case .field(let field):
                let piece = field * PromptPieces.most + place
                output.append(contentsOf: pieces.sources[field][pieces.starts[piece]..<pieces.ends[piece]])
            case .skipIfEmpty(let field, let end):
                let piece = field * PromptPieces.most + place
                if pieces.starts[piece] == pieces.ends[piece] { next = end }
            case .skipUnless(let field, let value, let end):
                if !equals(field, place, value) { next = end }
            }
        }
    }

    /// Whether a field has the text in `literals[value]`.
    private func equals(_ field: Int, _ place: Int, _ value: Range<Int>) -> Bool {
        let start = pieces.starts[field * PromptPieces.most + place]
        guard pieces.ends[field * PromptPieces.most + place] - start == value.count else { return false }
        for byte in 0..<value.count
        where pieces.sources[field][start + byte] != plan.literals[value.lowerBound + byte] {
            return false
        }
        return true
    }
}
