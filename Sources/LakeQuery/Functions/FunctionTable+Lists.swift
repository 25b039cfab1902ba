import LakeBytes
import LakeCore

extension FunctionTable {
    static let lists: [FunctionEntry] = [
        FunctionEntry(
            "array_length", aliases: ["cardinality", "list_length"], "list [, 1]", "int64",
            "The number of elements; also `len`. Lists have one dimension, which PostgreSQL's second argument names.",
            counts: 1...2
        ) { call throws(LakeError) in
            _ = try call.list(0)
            if call.arguments.count > 1, call.type(1) == nil { return .constant(.null, .int64) }
            if call.arguments.count > 1, call.arguments[1] != .constant(.integer(1), .int64) {
                throw call.refuse(
                    "lists have one dimension; \(call.name) takes a 1 or nothing for it", at: 1,
                    hint: "\(call.name)(list)")
            }
            return call.call(listLength, .int64, of: [call.arguments[0]])
        },
        FunctionEntry(
            "list_contains", aliases: ["array_contains", "list_has", "array_has"], "list, x", "bool",
            "Whether an element equals `x`. Also `x = ANY(list)`, which is NULL where it finds only NULLs.",
            counts: 2...2
        ) { call throws(LakeError) in try containment(call) },
        FunctionEntry(
            "list_extract", aliases: ["list_element", "array_extract"], "list, number", "type of the elements",
            "The element of that number, from 1, from behind where it is negative; NULL where there is none. "
                + "Also `list[1]`.",
            counts: 2...2
        ) { call throws(LakeError) in
            try call.integer(1)
            if call.type(0)?.physical == .bytes {
                let one = Bound.constant(.integer(1), .int64)
                let written = call.written + [call.expression]
                return try FunctionTable.bind(
                    FunctionCall(
                        name: "substr", arguments: call.arguments + [one], expression: call.expression,
                        written: written,
                        source: call.source))
            }
            return call.call(Function("list_extract", .list(extracted)), try call.list(0))
        },
        FunctionEntry(
            "list_position", aliases: ["array_position", "list_indexof"], "list, x", "int64",
            "The number of the first element that equals `x`, from 1; NULL where there is none.", counts: 2...2
        ) { call throws(LakeError) in
            let x = try elementLike(call)
            let element = try call.list(0)
            let function = Function(
                "list_position(\(element), \(x))",
                .list { lists, others in
                    let truth = try lists.compared(.equal, element, with: x, others[0])
                    return try perList(lists, .int64) { elements in
                        elements.firstIndex { truth.trues[$0] }.map { .integer(Int64($0 - elements.lowerBound) + 1) }
                            ?? .null
                    }
                })
            return call.call(function, .int64, of: [call.arguments[0], x])
        },
        aggregate(
            "list_sum", "float64 or int64", "The sum of the elements that are not NULL; NULL where there are none."
        ) {
            $0.isNumber ? $0.physical == .float ? .float64 : .int64 : nil
        } _: { values in
            if case .integer? = values.first {
                return .integer(
                    try values.reduce(Int64(0)) { sum, value in
                        guard case .integer(let number) = value else {
                            throw LakeError.overflow("a sum of \(value.shown(as: .uint64))")
                        }
                        let (next, overflow) = sum.addingReportingOverflow(number)
                        if overflow { throw LakeError.overflow("\(sum) + \(number)") }
                        return next
                    })
            }
            return .float(values.reduce(0.0) { $0 + ($1.number ?? 0) })
        },
        aggregate("list_avg", "float64", "The mean of the elements that are not NULL; NULL where there are none.") {
            $0.isNumber ? .float64 : nil
        } _: { values in
            .float(values.reduce(0.0) { $0 + ($1.number ?? 0) } / Double(values.count))
        },
        aggregate("list_min", "type of the elements", "The least element; NULL where there is none.") {
            $0
        } _: { values in
            values.dropFirst().reduce(values[0]) { $1.compare($0) < 0 ? $1 : $0 }
        },
        aggregate("list_max", "type of the elements", "The greatest element; NULL where there is none.") {
            $0
        } _: { values in
            values.dropFirst().reduce(values[0]) { $1.compare($0) > 0 ? $1 : $0 }
        },
        FunctionEntry(
            "list_count", "list", "int64", "The number of elements that are not NULL.", counts: 1...1
        ) { call throws(LakeError) in
            _ = try call.list(0)
            let function = Function(
                "list_count",
                .list { lists, _ in
                    try perList(lists, .int64) { elements in
                        .integer(Int64(elements.count { !lists.elements.isNull($0) }))
                    }
                })
            return call.call(function, .int64)
        },
        FunctionEntry(
            "array_to_string", aliases: ["list_to_string"], "list, separator", "text",
            "The elements as text, with a separator between; NULLs are left out; NULL of nothing but NULLs.",
            counts: 2...2, bind: joined),
    ]

    static let listLength = Function(
        "array_length",
        .list { lists, _ in
            try perList(lists, .int64) { .integer(Int64($0.count)) }
        })

    /// A value for each list that is not NULL, nor stands where `known` says that something else is.
    private static func perList(
        _ lists: ListValues, _ type: DataType, at known: Bitmap? = nil, _ body: (Range<Int>) throws -> Scalar
    ) throws -> ColumnVector {
        let values = try (0..<lists.count).map { list in
            lists.isNull(list) || !(known.map { $0[list] } ?? true) ? Scalar.null : try body(lists[list])
        }
        return .of(values, type)
    }

    private static func aggregate(
        _ name: String, _ result: String, _ summary: String, _ type: @escaping @Sendable (DataType) -> DataType?,
        _ body: @escaping @Sendable ([Scalar]) throws -> Scalar
    ) -> FunctionEntry {
        FunctionEntry(name, "list", result, summary, counts: 1...1) { call throws(LakeError) in
            let element = try call.list(0)
            guard let type = type(element) else {
                throw call.refuse(
                    "\(name) of a list of \(element); it takes numbers", at: 0,
                    hint: "list_count(x) counts elements, array_to_string(x, ', ') makes text of them")
            }
            let function = Function(
                "\(name)(\(element))", canFail: true,
                .list { lists, _ in
                    try perList(lists, type) { elements in
                        let values = elements.map { lists.elements.scalar($0, element) }.filter { !$0.isNull }
                        return values.isEmpty ? .null : try body(values)
                    }
                })
            return call.call(function, type)
        }
    }

    // MARK: Elements

    @Sendable private static func extracted(_ lists: ListValues, _ others: [ColumnVector]) -> ColumnVector {
        let numbers = others[0].spelledOut()
        var places: [Int] = []
        var validity = Bitmap(count: lists.count)
        for list in 0..<lists.count {
            var place: Int?
            if case .integers(let values) = numbers.values, !numbers.isNull(list), !lists.isNull(list) {
                let elements = lists[list]
                let number = values[list]
                let index = number < 0 ? Int64(elements.count) + max(number, -1 << 40) : number - 1
                if number != 0, index >= 0, index < elements.count { place = elements.lowerBound + Int(index) }
            }
            if let place, !lists.elements.isNull(place) { validity[list] = true }
            places.append(place ?? 0)
        }
        let spelled = lists.elements.spelledOut()
        guard spelled.count > 0 else { return spelled.emptied(count: lists.count) }
        var result = spelled.gathering(places)
        result.validity = validity
        return result
    }

    /// The second argument in a type that is compared with the elements of the first.
    private static func elementLike(_ call: FunctionCall) throws(LakeError) -> Bound {
        try Binder.comparable(
            .field(0, call.list(0)), call.arguments[1], call.written[0], call.written[1], call.expression, call.source
        ).1
    }

    static func containment(_ call: FunctionCall) throws(LakeError) -> Bound {
        let x = try elementLike(call)
        let element = try call.list(0)
        let function = Function(
            "list_contains(\(element), \(x))",
            .list { lists, others in
                let truth = try lists.compared(.equal, element, with: x, others[0])
                let known = others[0].known
                return try perList(lists, .bool, at: known) { elements in .bool(elements.contains { truth.trues[$0] }) }
            })
        return call.call(function, .bool, of: [call.arguments[0], x])
    }

    @Sendable private static func joined(_ call: FunctionCall) throws(LakeError) -> Bound {
        let element = try call.list(0)
        try call.text(1)
        let function = Function(
            "array_to_string(\(element))",
            .list { lists, others in
                var values: [Scalar] = []
                for list in 0..<lists.count {
                    guard !lists.isNull(list), case .bytes(let separator) = others[0].scalar(list, .utf8) else {
                        values.append(.null)
                        continue
                    }
                    let parts = lists[list].map { lists.elements.scalar($0, element) }.filter { !$0.isNull }
                        .map { Array($0.text(as: element).utf8) }
                    let isNull = parts.isEmpty && !lists[list].isEmpty
                    values.append(isNull ? .null : .bytes(Array(parts.joined(separator: separator))))
                }
                return .of(values, .utf8)
            })
        return call.call(function, .utf8)
    }
}

extension ListValues {
    /// How each element stands to what stands beside its list.
    /// - Parameters:
    ///   - element: the type of the elements.
    ///   - other: what they are compared with; a constant is compared as such.
    ///   - values: of `other`, one for each list.
    func compared(
        _ comparison: Expression.Comparison, _ element: DataType, with other: Bound, _ values: ColumnVector
    ) throws -> Truth {
        if case .constant = other {
            let leaf = Bound.comparison(comparison, .field(0, element), other)
            return try leaf.truth(over: FieldVectors([0: elements], count: elements.count))
        }
        let owners = owners
        let spread: ColumnVector
        if case .codes(let codes, let dictionary) = values.values {
            spread = ColumnVector(.codes(Aggregation.gather(codes, owners), dictionary: dictionary))
        } else {
            spread = values.gathering(owners.map { Int($0) })
        }
        let fields = FieldVectors([0: elements, 1: spread], count: elements.count)
        return try Bound.comparison(comparison, .field(0, element), .field(1, other.type ?? element)).truth(
            over: fields)
    }
}

extension ColumnVector {
    /// `count` NULLs of the same kind.
    func emptied(count: Int) -> ColumnVector {
        let type: DataType =
            switch values {
            case .floats: .float64
            case .bytes: .utf8
            case .integers, .codes, .lists: .int64
            }
        return .nulls(count, of: type)
    }
}
