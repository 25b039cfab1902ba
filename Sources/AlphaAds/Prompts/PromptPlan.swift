import LakeBytes

/// The templates of one part of a set as flat steps that refer to inputs by position.
struct PromptPlan: Sendable {
    /// What is done for a row.
    enum Step: Sendable {
        /// These bytes of `literals`.
        case literal(Range<Int>)
        case field(Int)
        /// The steps up to `end` are left out if a field is empty.
        case skipIfEmpty(Int, end: Int)
        /// The same if it is not the text in these bytes of `literals`.
        case skipUnless(Int, equals: Range<Int>, end: Int)
    }

    /// A slot in use, with the inputs that it is made of.
    struct Field: Sendable {
        var slot: PromptSlot
        var inputs: [Int]
        /// The input that it depends on alone, an ad; -1 when there is no such.
        var key: Int
    }

    /// Steps whose text is the same for all rows with the same value of `key`, an input; -1 when there is no such.
    struct Block: Sendable {
        var first: Int
        var end: Int
        var key: Int
    }

    /// Names of the inputs: `task`, the ads that blocks depend on, the columns of slots.
    let inputs: [String]
    /// By position: whether the input has to be numeric.
    let isNumeric: [Bool]
    let tasks: [String]
    let fields: [Field]
    /// By task: its blocks.
    private(set) var templates: [Range<Int>] = []
    /// Whether task `t` uses field `f`, at `t * fields.count + f`.
    private(set) var uses: [Bool] = []
    /// By task: the input that its template consists of, when that is nothing but a slot of text; else -1.
    private(set) var wholes: [Int] = []
    private(set) var blocks: [Block] = []
    private(set) var steps: [Step] = []
    private(set) var literals: [UInt8] = []

    init(_ prompts: PromptSet, part: PromptSet.Part) {
        tasks = prompts.tasks
        let columns = prompts.columns(part)
        let keys = [(false, "ad"), (true, "target_ad")].filter { isTarget, _ in
            columns.contains { $0.isTarget == isTarget }
        }
        let names = ["task"] + keys.map(\.1) + columns.map(\.name)
        inputs = names
        let slots = PromptSlot.all.filter { slot in prompts.templates(part).contains { $0.slots.contains(slot) } }
        fields = slots.map { slot in
            Field(
                slot: slot, inputs: slot.columns.compactMap { names.firstIndex(of: $0.name) },
                key: PromptPlan.key(of: slot.columns.first?.isTarget, in: names))
        }
        let numeric = slots.flatMap { slot in
            switch slot.form {
            case .text: [] as [String]
            case .date, .states: slot.columns.map(\.name)
            case .range: slot.columns.prefix(2).map(\.name)
            }
        }
        isNumeric = names.map { numeric.contains($0) }
        for template in prompts.templates(part) {
            let first = blocks.count
            for block in PromptPlan.split(template.segments) {
                let start = steps.count
                add(block.segments)
                blocks.append(
                    Block(first: start, end: steps.count, key: PromptPlan.key(of: block.isTarget, in: names)))
            }
            templates.append(first..<blocks.count)
            var whole = -1
            if template.segments.count == 1, case .slot(let slot) = template.segments[0], slot.form == .text {
                whole = fields[field(slot)].inputs.first ?? -1
            }
            wholes.append(whole)
            let used = template.slots
            uses.append(contentsOf: slots.map { used.contains($0) })
        }
    }

    /// The same plan in memory of its own: threads that count references to the same arrays slow each other down.
    func copied() -> PromptPlan {
        var copy = self
        copy.templates = templates.map { $0 }
        copy.uses = uses.map { $0 }
        copy.blocks = blocks.map { $0 }
        copy.steps = steps.map { $0 }
        copy.literals = literals.map { $0 }
        return copy
    }

    private static func key(of isTarget: Bool?, in names: [String]) -> Int {
        isTarget.flatMap { names.firstIndex(of: $0 ? "target_ad" : "ad") } ?? -1
    }

    /// Runs of segments that depend on the ad alone, on the target ad alone, or (nil) on anything else.
    private static func split(
        _ segments: [PromptTemplate.Segment]
    ) -> [(isTarget: Bool?, segments: [PromptTemplate.Segment])] {
        var blocks: [(isTarget: Bool?, segments: [PromptTemplate.Segment])] = []
        var isPlain = true
        for segment in segments {
            let owners = PromptTemplate.slots(of: [segment]).flatMap(\.columns).map(\.isTarget)
            let owner = owners.first.flatMap { first in owners.allSatisfy { $0 == first } ? first : nil }
            // Text without slots goes with whatever stands before it, or else behind.
            if let last = blocks.last, owners.isEmpty || isPlain || last.isTarget == owner {
                blocks[blocks.count - 1].segments.append(segment)
                if isPlain, !owners.isEmpty { blocks[blocks.count - 1].isTarget = owner }
            } else {
                blocks.append((owner, [segment]))
            }
            if !owners.isEmpty { isPlain = false }
        }
        return blocks
    }

    private mutating func add(_ segments: [PromptTemplate.Segment]) {
        for segment in segments {
            switch segment {
            case .text(let bytes): steps.append(.literal(literal(bytes)))
            case .slot(let slot): steps.append(.field(field(slot)))
            case .group(let condition, let inner):
                let first = steps.count
                let slots = PromptTemplate.slots(of: inner)
                let end = first + (condition == nil ? 0 : 1) + slots.count + inner.count
                if let condition {
                    steps.append(.skipUnless(field(condition.slot), equals: literal(condition.value), end: end))
                }
                for slot in slots { steps.append(.skipIfEmpty(field(slot), end: end)) }
                // One step per segment: there is no group in a group.
                add(inner)
            }
        }
    }

    private mutating func literal(_ bytes: [UInt8]) -> Range<Int> {
        let start = literals.count
        literals.append(contentsOf: bytes)
        return start..<literals.count
    }

    private func field(_ slot: PromptSlot) -> Int { fields.firstIndex { $0.slot == slot } ?? 0 }
}
