import LakeCore

/// A function as SQL knows it: its names, what it takes and gives in words, and how it is fitted to arguments.
struct FunctionEntry: Sendable {
    let name: String
    /// Other names for it.
    let aliases: [String]
    /// How it is written: `substr(text, start [, length])`.
    let usage: String
    /// What it gives: `text`.
    let result: String
    /// One line for documentation.
    let summary: String
    /// How many arguments it takes.
    let counts: ClosedRange<Int>
    let bind: @Sendable (FunctionCall) throws(LakeError) -> Bound

    init(
        _ name: String, aliases: [String] = [], _ usage: String, _ result: String, _ summary: String,
        counts: ClosedRange<Int>, bind: @escaping @Sendable (FunctionCall) throws(LakeError) -> Bound
    ) {
        self.name = name
        self.aliases = aliases
        self.usage = "\(name)(\(usage))"
        self.result = result
        self.summary = summary
        self.counts = counts
        self.bind = bind
    }
}

/// A call with arguments that are bound already.
struct FunctionCall {
    let name: String
    let arguments: [Bound]
    let expression: Expression
    /// The arguments as they are written.
    let written: [Expression]
    let source: SQLSource

    func type(_ index: Int) -> DataType? { arguments[index].type }

    func refuse(_ message: String, at index: Int? = nil, hint: String? = nil) -> LakeError {
        source.error(message, at: index.map { written[$0].position } ?? expression.position, hint: hint)
    }

    private func mismatch(_ index: Int, _ wanted: String) -> LakeError {
        let type = type(index).map(\.description) ?? "NULL"
        return refuse(
            arguments.count == 1
                ? "\(name) of \(type); it takes \(wanted)"
                : "\(name): argument \(index + 1) is \(type); it takes \(wanted)",
            at: index, hint: TypeAdvice(rawValue: wanted)?.hint(for: self.type(index)))
    }

    /// Demands text (or NULL).
    func text(_ indices: Int...) throws(LakeError) {
        for index in indices where index < arguments.count {
            if let type = type(index), type.physical != .bytes { throw mismatch(index, "text") }
        }
    }

    /// Demands a number.
    func number(_ indices: Int...) throws(LakeError) {
        for index in indices where index < arguments.count {
            if let type = type(index), !type.isNumber { throw mismatch(index, "numbers") }
        }
    }

    func integer(_ indices: Int...) throws(LakeError) {
        for index in indices where index < arguments.count {
            if let type = type(index), !type.isNumber || type.physical != .integer { throw mismatch(index, "integers") }
        }
    }

    /// Demands a date or timestamp.
    func moment(_ indices: Int...) throws(LakeError) {
        for index in indices where index < arguments.count {
            if let type = type(index), !type.isCalendar { throw mismatch(index, "dates and timestamps") }
        }
    }

    /// Demands a list and returns the type of its elements.
    func list(_ index: Int) throws(LakeError) -> DataType {
        guard let element = type(index)?.element else { throw mismatch(index, "lists") }
        return element
    }

    /// The text of a string literal.
    func literal(_ index: Int, _ what: String) throws(LakeError) -> String {
        guard case .constant(.bytes(let text), _) = arguments[index] else {
            throw refuse(
                "\(what) must be a string literal", at: index,
                hint: "it is written out in single quotes, the same for all rows")
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The call of a function over all arguments, or some of them.
    func call(_ function: Function, _ type: DataType, of arguments: [Bound]? = nil) -> Bound {
        .call(function, arguments ?? self.arguments, type, at: Place(source, at: expression.position))
    }
}

extension DataType {
    /// Integers and floats; neither bools nor dates.
    var isNumber: Bool { physical == .float || physical == .integer && self != .bool && !isCalendar }

    /// Dates and timestamps.
    var isCalendar: Bool { self == .date || self == .timestamp }
}
