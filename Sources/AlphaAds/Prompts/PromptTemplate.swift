import LakeCore

/// A text with slots, as `Schemas/prompts/README.md` describes the form.
///
///     Page: {page_name}
///     [[Title: {title}]]
///     [[gender=female:Meant for women.]]
public struct PromptTemplate: Sendable, Equatable {
    /// What the text is made of, in order.
    enum Segment: Sendable, Equatable {
        case text([UInt8])
        case slot(PromptSlot)
        /// Left out as a whole when a slot in it is empty or the condition does not hold; no group in it.
        case group(Condition?, [Segment])
    }

    /// That a slot has a certain text.
    struct Condition: Sendable, Equatable {
        var slot: PromptSlot
        var value: [UInt8]
    }

    let segments: [Segment]

    /// Names of the slots that a template can use.
    public static var slots: [String] { PromptSlot.all.map(\.name) }

    /// - Throws: `LakeError` (usage) for a slot that there is not and for brackets without a partner; it says where.
    public init(_ text: String) throws(LakeError) {
        var parser = PromptParser(text)
        segments = try parser.segments()
    }

    /// The slots in use, each as often as it is used.
    var slots: [PromptSlot] { PromptTemplate.slots(of: segments) }

    static func slots(of segments: [Segment]) -> [PromptSlot] {
        segments.flatMap { segment -> [PromptSlot] in
            switch segment {
            case .text: []
            case .slot(let slot): [slot]
            case .group(let condition, let inner): (condition.map { [$0.slot] } ?? []) + slots(of: inner)
            }
        }
    }
}

/// Takes a template apart.
private struct PromptParser {
    private typealias Segment = PromptTemplate.Segment

    private let bytes: [UInt8]
    private var next = 0
    /// Literal text that is no segment yet.
    private var literal: [UInt8] = []

    init(_ text: String) { bytes = Array(text.utf8) }

    mutating func segments() throws(LakeError) -> [PromptTemplate.Segment] {
        var found: [Segment] = []
        while next < bytes.count {
            if has("[[") {
                flush(&found)
                found.append(try group())
            } else if has("]]") {
                throw refuse("']]' without '[['", at: next)
            } else {
                try step(&found)
            }
        }
        flush(&found)
        return found
    }

    /// A slot, or one byte of text.
    private mutating func step(_ found: inout [Segment]) throws(LakeError) {
        if has("{{") || has("}}") {
            literal.append(bytes[next])
            next += 2
        } else if has("{") {
            let start = next
            next += 1
            let name = name()
            guard has("}") else { throw refuse("'{' without '}' behind a slot's name", at: start, hint: braces) }
            next += 1
            flush(&found)
            found.append(.slot(try slot(name, at: start)))
        } else if has("}") {
            throw refuse("'}' without '{'", at: next, hint: braces)
        } else {
            literal.append(bytes[next])
            next += 1
        }
    }

    private mutating func group() throws(LakeError) -> PromptTemplate.Segment {
        let start = next
        next += 2
        let condition = try condition()
        var inner: [Segment] = []
        // Of three brackets at the end the first is text: `[[{title} [URL]]]`.
        while !has("]]") || has("]]]") {
            guard next < bytes.count else { throw refuse("'[[' without ']]'", at: start) }
            if has("[[") { throw refuse("a group within a group", at: next, hint: "close the first with ']]'") }
            try step(&inner)
        }
        next += 2
        // A group that is a line of its own takes the line break along.
        if start == 0 || bytes[start - 1] == UInt8(ascii: "\n"), has("\n") {
            literal.append(UInt8(ascii: "\n"))
            next += 1
        }
        flush(&inner)
        let hasSlot = inner.contains { if case .slot = $0 { true } else { false } }
        guard condition != nil || hasSlot else {
            throw refuse("a group without a slot", at: start, hint: "it would always be there: leave out '[[' and ']]'")
        }
        return .group(condition, inner)
    }

    /// `gender=female:` at the beginning of a group.
    private mutating func condition() throws(LakeError) -> PromptTemplate.Condition? {
        let start = next
        let name = name()
        guard !name.isEmpty, has("=") else {
            next = start
            return nil
        }
        next += 1
        var value: [UInt8] = []
        while next < bytes.count, !has(":") {
            guard !has("{"), !has("]"), !has("\n") else { break }
            value.append(bytes[next])
            next += 1
        }
        guard has(":") else { throw refuse("a condition without ':' behind it", at: start) }
        next += 1
        let slot = try slot(name, at: start)
        guard slot.form == .text else {
            throw refuse("a condition on '\(name)', which is no plain text", at: start)
        }
        return PromptTemplate.Condition(slot: slot, value: value)
    }

    private func slot(_ name: String, at start: Int) throws(LakeError) -> PromptSlot {
        if let slot = PromptSlot.named(name) { return slot }
        let near = suggestion(for: name, among: PromptTemplate.slots)
        throw refuse(
            "there is no slot '\(name)'", at: start,
            hint: near ?? "there are " + PromptTemplate.slots.joined(separator: ", "))
    }

    /// Small letters and underscores from here.
    private mutating func name() -> String {
        let start = next
        while next < bytes.count, (0x61...0x7A).contains(bytes[next]) || bytes[next] == UInt8(ascii: "_") { next += 1 }
        return String(decoding: bytes[start..<next], as: UTF8.self)
    }

    private mutating func flush(_ found: inout [Segment]) {
        if !literal.isEmpty { found.append(.text(literal)) }
        literal.removeAll()
    }

    private func has(_ text: StaticString) -> Bool { bytes[next...].starts(with: text.description.utf8) }

    private let braces = "'{{' and '}}' are braces as text"

    private func refuse(_ message: String, at place: Int, hint: String? = nil) -> LakeError {
        let before = bytes[..<place]
        let line = before.count { $0 == UInt8(ascii: "\n") } + 1
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let column = String(decoding: bytes[start..<place], as: UTF8.self).count + 1
        return LakeError(.usage, "line \(line), column \(column): \(message)", hint: hint)
    }
}
