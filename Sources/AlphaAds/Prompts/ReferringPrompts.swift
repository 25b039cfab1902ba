import LakeBytes
import LakeCore
import LakeQuery

/// Prompts whose ads are read by the column itself: once for each ad among some rows, and of it what their tasks need.
struct ReferringPrompts: DerivedColumn {
    let type = DataType.utf8
    let inputs: [String]
    private let column: PromptColumn
    private let references: [Reference]
    /// By input of the plan: its position in `inputs`, or that of its reference.
    private let sources: [Source]

    private enum Source {
        case own(Int)
        case reference(Int)
    }

    /// - Parameter references: of the plan's inputs that are look-ups, in their order.
    init(_ column: PromptColumn, _ references: [Reference]) {
        self.column = column
        self.references = references
        var (own, sources) = ([String](), [Source]())
        for name in column.plan.inputs {
            if let place = column.lookups.firstIndex(of: name) {
                sources.append(.reference(place))
            } else {
                sources.append(.own(own.count))
                own.append(name)
            }
        }
        for name in Set(references.map(\.keyColumn)).sorted() where !own.contains(name) { own.append(name) }
        inputs = own
        self.sources = sources
    }

    func values(_ inputs: [ColumnVector]) throws -> ColumnVector {
        let plan = column.plan
        let count = inputs.first?.count ?? 0
        let templates = column.templates(PromptInput(inputs[0]), count: count)
        let needed = neededInputs(templates)
        var rows: [(reference: Reference, found: DistinctRows)] = []
        var opened: [PromptInput] = []
        for (input, source) in sources.enumerated() {
            switch source {
            case .own(let place): opened.append(PromptInput(inputs[place]))
            case .reference(let place):
                let reference = references[place]
                guard needed[input] else {
                    let nothing = ColumnVector.nulls(0, of: plan.isNumeric[input] ? .int64 : .utf8)
                    opened.append(PromptInput(nothing, at: [UInt32](repeating: Reference.none, count: count)))
                    continue
                }
                var known = rows.first {
                    $0.reference.keyColumn == reference.keyColumn && $0.reference.hasRows(of: reference)
                }?.found
                if known == nil {
                    guard let key = self.inputs.firstIndex(of: reference.keyColumn) else { continue }
                    let found = try DistinctRows(inputs[key], reference)
                    rows.append((reference, found))
                    known = found
                }
                guard let known else { continue }
                opened.append(PromptInput(try reference.values(at: known.rows), at: known.places))
            }
        }
        return try column.rendered(opened, whole: [], count: count)
    }

    /// By input of the plan, whether a task among the rows uses it.
    private func neededInputs(_ templates: [Int16]) -> [Bool] {
        let plan = column.plan
        var isThere = [Bool](repeating: false, count: plan.tasks.count)
        for template in templates where template >= 0 { isThere[Int(template)] = true }
        var needed = [Bool](repeating: false, count: plan.inputs.count)
        for task in isThere.indices where isThere[task] {
            for (place, field) in plan.fields.enumerated() where plan.uses[task * plan.fields.count + place] {
                for input in field.inputs { needed[input] = true }
            }
        }
        return needed
    }
}

/// The rows of another table that some keys refer to, each once.
private struct DistinctRows {
    /// Ascending.
    var rows: [UInt32] = []
    /// By key, where in `rows` its row is; `Reference.none` when there is none.
    var places: [UInt32] = []

    init(_ keys: ColumnVector, _ reference: Reference) throws {
        let keys = keys.spelledOut()
        guard case .integers(let values) = keys.values else { return }
        var interner = IntegerInterner()
        var numbers = [UInt32](repeating: Reference.none, count: values.count)
        var last: (key: Int64, number: UInt32)?
        for row in values.indices where !keys.isNull(row) {
            if let last, last.key == values[row] {
                numbers[row] = last.number
            } else {
                numbers[row] = interner.intern(values[row])
                last = (values[row], numbers[row])
            }
        }
        let found = try reference.rows(interner.values)
        let order = found.indices.filter { found[$0] != Reference.none }.sorted { found[$0] < found[$1] }
        var ranks = [UInt32](repeating: Reference.none, count: found.count)
        for (rank, number) in order.enumerated() { ranks[number] = UInt32(rank) }
        rows = order.map { found[$0] }
        places = numbers.map { $0 == Reference.none ? $0 : ranks[Int($0)] }
    }
}

extension PromptColumn: ReferringColumn {
    public var lookups: [String] {
        plan.inputs.filter {
            $0.hasPrefix("ad_") || $0.hasPrefix("target_") && $0 != "target_ad" && $0 != "target_group"
        }
    }

    public func reading(_ references: [Reference]) throws -> any DerivedColumn { ReferringPrompts(self, references) }
}
