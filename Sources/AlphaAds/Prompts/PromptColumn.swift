import LakeBytes
import LakeCore
import LakeQuery

/// The prompt, or the response, of each sample: a derived column of `samples`, rendered from the templates of its task.
///
/// Beside columns of the sample it reads what `samples` looks up in `ads`, as `ad_body` by `ad` and `target_body` by
/// `target_ad`: `lookups` says which derived columns those are. Rows that follow each other and have the same ad are
/// taken to have the same in them. A sample whose task has no template has NULL.
public struct PromptColumn: DerivedColumn {
    public let type = DataType.utf8
    public var inputs: [String] { plan.inputs }
    let plan: PromptPlan
    private let taskNames: [[UInt8]]
    private let states: ByteStrings

    public init(_ prompts: PromptSet = .standard, part: PromptSet.Part) {
        plan = PromptPlan(prompts, part: part)
        taskNames = plan.tasks.map { Array($0.utf8) }
        states = ByteStrings(Census.standard.states)
    }

    /// The derived columns of `samples` that the standard templates need: `name` looks `column` up in `ads`, by
    /// `target_ad` where `isTarget`, else by `ad`.
    public static let lookups: [(name: String, column: String, isTarget: Bool)] = PromptSet.standard.lookups

    public func values(_ inputs: [ColumnVector]) throws -> ColumnVector {
        guard inputs.count == plan.inputs.count, let tasks = inputs.first,
            inputs.allSatisfy({ $0.count == tasks.count })
        else { throw LakeError(.failed, "prompts need \(plan.inputs.count) columns of one length") }
        return try rendered(inputs.map { PromptInput($0) }, whole: inputs, count: tasks.count)
    }

    /// - Parameters:
    ///   - opened: all inputs of the plan.
    ///   - whole: the same as vectors, where a text of theirs can be the result; empty where they have not a value per row.
    func rendered(_ opened: [PromptInput], whole inputs: [ColumnVector], count: Int) throws -> ColumnVector {
        for (index, input) in opened.enumerated() where plan.isNumeric[index] && !input.isNumeric {
            throw LakeError(
                .usage, "prompts need numbers in '\(plan.inputs[index])', which is text",
                hint: "declare it as a look-up of the column of 'ads'")
        }
        let templates = templates(opened[0], count: count)
        if !inputs.isEmpty, let whole = whole(inputs, templates) { return whole }
        var renderer = PromptRenderer(plan.copied(), opened, states: states)
        return renderer.render(templates)
    }

    /// The column that the templates of all rows consist of, when there is such and it has no NULL: to copy it would be
    /// most of the work that responses are.
    private func whole(_ inputs: [ColumnVector], _ templates: [Int16]) -> ColumnVector? {
        guard let first = templates.first(where: { $0 >= 0 }) else { return nil }
        let input = plan.wholes[Int(first)]
        guard input >= 0, templates.allSatisfy({ $0 < 0 || plan.wholes[Int($0)] == input }) else { return nil }
        let vector = inputs[input]
        for row in templates.indices where templates[row] >= 0 && vector.isNull(row) { return nil }
        switch vector.values {
        case .codes(var codes, let dictionary):
            guard case .bytes = dictionary.values.values else { return nil }
            for row in templates.indices where templates[row] < 0 { codes[row] = UInt32(clamping: dictionary.count) }
            return ColumnVector(.codes(codes, dictionary: dictionary))
        case .bytes: return ColumnVector(vector.values, validity: PromptRenderer.validity(templates))
        default: return nil
        }
    }

    /// By row, the number of its task's template; -1 for none.
    func templates(_ tasks: PromptInput, count: Int) -> [Int16] {
        var templates = [Int16](repeating: -1, count: count)
        guard !tasks.isList, !tasks.isNumeric else { return templates }
        // By code, -2 before it is known.
        var known: [Int16] = []
        var last: Int16 = -1
        for row in 0..<count {
            if let code = tasks.code(row) {
                while known.count <= code { known.append(-2) }
                if known[code] == -2 { known[code] = tasks.range(row).map { template(tasks.data[$0], last: -1) } ?? -1 }
                templates[row] = known[code]
            } else if let name = tasks.range(row) {
                last = template(tasks.data[name], last: last)
                templates[row] = last
            }
        }
        return templates
    }

    private func template(_ name: ArraySlice<UInt8>, last: Int16) -> Int16 {
        if last >= 0, name.elementsEqual(taskNames[Int(last)]) { return last }
        return Int16(truncatingIfNeeded: taskNames.firstIndex { name.elementsEqual($0) } ?? -1)
    }
}

/// What a program registers with the engine to have rendered samples.
public enum SamplePrompts {
    /// The derived columns of `samples`, `prompt` and `response`:
    ///
    ///     QueryEngine(lake: lake, derived: ["samples": SamplePrompts.columns()])
    public static func columns(_ prompts: PromptSet = .standard) -> [String: any DerivedColumn] {
        ["prompt": PromptColumn(prompts, part: .prompt), "response": PromptColumn(prompts, part: .response)]
    }
}
