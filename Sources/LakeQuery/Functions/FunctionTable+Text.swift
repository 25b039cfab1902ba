import LakeBytes
import LakeCore

extension FunctionTable {
    static let text: [FunctionEntry] = cases + parts + searches + edits

    private typealias Bytes = ArraySlice<UInt8>

    // MARK: Whole text

    private static let cases: [FunctionEntry] = [
        FunctionEntry("lower", aliases: ["lcase"], "text", "text", "In lower case.", counts: 1...1) {
            call throws(LakeError) in
            try call.text(0)
            return call.call(Function("lower", .text { TextCase.lower($0) }), .utf8)
        },
        FunctionEntry("upper", aliases: ["ucase"], "text", "text", "In upper case.", counts: 1...1) {
            call throws(LakeError) in
            try call.text(0)
            return call.call(Function("upper", .text { TextCase.upper($0) }), .utf8)
        },
        FunctionEntry(
            "length", aliases: ["char_length", "character_length", "len"], "text or list", "int64",
            "The number of characters, or of elements.", counts: 1...1
        ) { call throws(LakeError) in
            if call.type(0)?.element != nil { return call.call(listLength, .int64) }
            try call.text(0)
            return call.call(Function("length", .measure { Int64(Characters.count($0)) }), .int64)
        },
        FunctionEntry(
            "strlen", aliases: ["octet_length"], "text", "int64", "The number of bytes in UTF-8.", counts: 1...1
        ) { call throws(LakeError) in
            try call.text(0)
            return call.call(Function("strlen", .measure { Int64($0.count) }), .int64)
        },
        FunctionEntry("reverse", "text", "text", "From behind.", counts: 1...1) { call throws(LakeError) in
            try call.text(0)
            let function = Function(
                "reverse",
                .values(
                    mapped { text in
                        Array(String(String(decoding: text, as: UTF8.self).reversed()).utf8)
                    }))
            return call.call(function, .utf8)
        },
        FunctionEntry(
            "ascii", aliases: ["unicode", "ord"], "text", "int32", "The code point of the first character.",
            counts: 1...1
        ) { call throws(LakeError) in
            try call.text(0)
            let empty: Int64 = call.name == "ascii" ? 0 : -1
            let function = Function(
                call.name,
                .measure { text in
                    String(decoding: text.prefix(4), as: UTF8.self).unicodeScalars.first.map { Int64($0.value) }
                        ?? empty
                })
            return call.call(function, .int32)
        },
        FunctionEntry("chr", "code", "text", "The character of a code point.", counts: 1...1) {
            call throws(LakeError) in
            try call.integer(0)
            let function = Function(
                "chr", isDelicate: true,
                .values { values in
                    guard case .integer(let code) = values[0],
                        let scalar = UInt32(exactly: code).flatMap(Unicode.Scalar.init)
                    else {
                        throw LakeError(
                            .failed, "\(values[0].text(as: .int64)) is no code point",
                            hint: "code points are 0 to 55295 and 57344 to 1114111")
                    }
                    return .bytes(Array(String(scalar).utf8))
                })
            return call.call(function, .utf8)
        },
    ]

    // MARK: Parts

    private static let parts: [FunctionEntry] = [
        FunctionEntry(
            "substr", aliases: ["substring"], "text, start [, length]", "text",
            "So many characters from a position, counted from 1; a negative one counts from the end. "
                + "Also `substring(text FROM start FOR length)`.", counts: 2...3
        ) { call throws(LakeError) in
            try call.text(0)
            try call.integer(1, 2)
            let function = Function(
                "substr",
                .values { values in
                    guard case .bytes(let text) = values[0], case .integer(let start) = values[1] else { return .null }
                    guard values.count > 2 else {
                        return .bytes(Array(Characters.substring(text[...], from: start, length: nil)))
                    }
                    guard case .integer(let length) = values[2] else { return .null }
                    return .bytes(Array(Characters.substring(text[...], from: start, length: length)))
                })
            return call.call(function, .utf8)
        },
        counted("left", "The first characters; all but the last for a negative count.") { Characters.prefix($0, $1) },
        counted("right", "The last characters; all but the first for a negative count.") { Characters.suffix($0, $1) },
        trimming("trim", aliases: ["btrim"], "both ends", start: true, end: true),
        trimming("ltrim", "the start", start: true, end: false),
        trimming("rtrim", "the end", start: false, end: true),
        FunctionEntry(
            "split_part", "text, separator, number", "text",
            "The part of that number, from 1, from behind where it is negative; empty where there is none.",
            counts: 3...3
        ) { call throws(LakeError) in
            try call.text(0, 1)
            try call.integer(2)
            let function = Function(
                "split_part",
                .values { values in
                    guard case .bytes(let text) = values[0], case .bytes(let separator) = values[1],
                        case .integer(let number) = values[2]
                    else { return .null }
                    return .bytes(part(text[...], separator[...], number))
                })
            return call.call(function, .utf8)
        },
    ]

    private static func counted(
        _ name: String, _ summary: String, _ body: @escaping @Sendable (ArraySlice<UInt8>, Int64) -> ArraySlice<UInt8>
    ) -> FunctionEntry {
        FunctionEntry(name, "text, count", "text", summary, counts: 2...2) { call throws(LakeError) in
            try call.text(0)
            try call.integer(1)
            let function = Function(
                name,
                .values { values in
                    guard case .bytes(let text) = values[0], case .integer(let count) = values[1] else { return .null }
                    return .bytes(Array(body(text[...], count)))
                })
            return call.call(function, .utf8)
        }
    }

    private static func trimming(
        _ name: String, aliases: [String] = [], _ place: String, start: Bool, end: Bool
    ) -> FunctionEntry {
        FunctionEntry(
            name, aliases: aliases, "text [, characters]", "text",
            "Without blanks, or those characters, at \(place).", counts: 1...2
        ) { call throws(LakeError) in
            try call.text(0, 1)
            let function = Function(
                name,
                .values { values in
                    guard case .bytes(let text) = values[0] else { return .null }
                    var set: [UInt8] = [0x20]
                    if values.count > 1, case .bytes(let other) = values[1] { set = other }
                    return .bytes(Array(Characters.trimmed(text[...], set[...], start: start, end: end)))
                })
            return call.call(function, .utf8)
        }
    }

    private static func part(_ text: Bytes, _ separator: Bytes, _ number: Int64) -> [UInt8] {
        var parts: [Bytes] = []
        if separator.isEmpty {
            parts = Characters.all(text)
        } else {
            var place = text.startIndex
            while let found = Characters.firstRange(of: separator, in: text, from: place) {
                parts.append(text[place..<found.lowerBound])
                place = found.upperBound
            }
            parts.append(text[place...])
        }
        guard let number = Int(exactly: number < 0 ? Int64(parts.count) + number : number - 1),
            parts.indices.contains(number)
        else { return [] }
        return Array(parts[number])
    }

    // MARK: Search

    private static let searches: [FunctionEntry] = [
        FunctionEntry(
            "strpos", aliases: ["position", "instr"], "text, part", "int64",
            "Where the part first stands, counted in characters from 1; 0 where it does not. "
                + "Also `position(part IN text)`.", counts: 2...2
        ) { call throws(LakeError) in
            try call.text(0, 1)
            let function = Function(
                "strpos",
                .values { values in
                    guard case .bytes(let text) = values[0], case .bytes(let part) = values[1] else { return .null }
                    return .integer(Characters.position(of: part[...], in: text[...]))
                })
            return call.call(function, .int64)
        },
        searching("contains", "Whether the part stands anywhere in it.") { .containing($0) },
        searching("starts_with", aliases: ["prefix"], "Whether it starts with the part.") { .starting(with: $0) },
        searching("ends_with", aliases: ["suffix"], "Whether it ends in the part.") { .ending(with: $0) },
    ]

    private static func searching(
        _ name: String, aliases: [String] = [], _ summary: String,
        _ pattern: @escaping @Sendable ([UInt8]) -> TextPattern
    ) -> FunctionEntry {
        FunctionEntry(name, aliases: aliases, "text, part", "bool", summary, counts: 2...2) { call throws(LakeError) in
            if name == "contains", call.type(0)?.element != nil { return try containment(call) }
            try call.text(0, 1)
            if case .constant(.bytes(let part), _) = call.arguments[1] {
                return .like(call.arguments[0], pattern: pattern(part))
            }
            let function = Function(
                name,
                .values { values in
                    guard case .bytes(let text) = values[0], case .bytes(let part) = values[1] else { return .null }
                    return .bool(pattern(part).matches(text[...]))
                })
            return call.call(function, .bool)
        }
    }

    // MARK: Edits

    private static let edits: [FunctionEntry] = [
        FunctionEntry(
            "replace", "text, part, other", "text", "With every part replaced by the other.", counts: 3...3
        ) { call throws(LakeError) in
            try call.text(0, 1, 2)
            let function = Function(
                "replace",
                .values { values in
                    guard case .bytes(let text) = values[0], case .bytes(let part) = values[1],
                        case .bytes(let other) = values[2]
                    else { return .null }
                    return .bytes(Characters.replacing(text[...], part[...], with: other[...]))
                })
            return call.call(function, .utf8)
        },
        FunctionEntry(
            "concat", "a, b, ...", "text", "One behind the other, as text; NULLs are left out.", counts: 1...1_000
        ) { call throws(LakeError) in
            let function = Function(
                "concat",
                .nullable { values in
                    .bytes(values.reduce(into: []) { if case .bytes(let text) = $1 { $0 += text } })
                })
            return call.call(function, .utf8, of: try call.asText(from: 0))
        },
        FunctionEntry(
            "||", "a, b", "text", "Written `a || b`: one behind the other, as text; NULL where one of them is.",
            counts: 2...10_000
        ) { call throws(LakeError) in
            let function = Function(
                "||",
                .values { values in
                    .bytes(values.reduce(into: []) { if case .bytes(let text) = $1 { $0 += text } })
                })
            return call.call(function, .utf8, of: try call.asText(from: 0))
        },
        FunctionEntry(
            "concat_ws", "separator, a, b, ...", "text", "As `concat`, with a separator between.", counts: 2...1_000
        ) { call throws(LakeError) in
            try call.text(0)
            let function = Function(
                "concat_ws",
                .nullable { values in
                    guard case .bytes(let separator) = values[0] else { return .null }
                    let parts = values.dropFirst().compactMap { if case .bytes(let text) = $0 { text } else { nil } }
                    return .bytes(Array(parts.joined(separator: separator)))
                })
            return call.call(function, .utf8, of: [call.arguments[0]] + (try call.asText(from: 1)))
        },
        FunctionEntry("repeat", "text, times", "text", "So many times.", counts: 2...2) { call throws(LakeError) in
            try call.text(0)
            try call.integer(1)
            let function = Function(
                "repeat", canFail: true,
                .values { values in
                    guard case .bytes(let text) = values[0], case .integer(let times) = values[1] else { return .null }
                    let (size, overflow) = text.count.multipliedReportingOverflow(by: max(0, Int(times)))
                    guard !overflow, size <= sizeLimit else { throw tooLong("repeat") }
                    return .bytes(
                        Array([[UInt8]](repeating: text, count: max(0, Int(text.isEmpty ? 0 : times))).joined()))
                })
            return call.call(function, .utf8)
        },
        padding("lpad", "from the left"), padding("rpad", "from the right"),
        FunctionEntry(
            "translate", "text, from, to", "text",
            "With each character of `from` replaced by that of `to` in its place, or left out.", counts: 3...3
        ) { call throws(LakeError) in
            try call.text(0, 1, 2)
            let function = Function(
                "translate",
                .values { values in
                    guard case .bytes(let text) = values[0], case .bytes(let from) = values[1],
                        case .bytes(let to) = values[2]
                    else { return .null }
                    let others = Characters.all(to[...])
                    var map: [Bytes: Bytes] = [:]
                    for (index, character) in Characters.all(from[...]).enumerated() where map[character] == nil {
                        map[character] = index < others.count ? others[index] : []
                    }
                    return .bytes(Array(Characters.all(text[...]).map { map[$0] ?? $0 }.joined()))
                })
            return call.call(function, .utf8)
        },
    ]

    /// Bytes that a function may make of one value.
    private static let sizeLimit = 64 << 20

    private static func tooLong(_ name: String) -> LakeError {
        LakeError(
            .failed, "\(name) makes a text of more than \(sizeLimit >> 20) MiB",
            hint: "least(n, 1000) limits a number n")
    }

    private static func padding(_ name: String, _ side: String) -> FunctionEntry {
        FunctionEntry(
            name, "text, length, fill", "text", "Filled up \(side) to so many characters, or cut off.", counts: 3...3
        ) { call throws(LakeError) in
            try call.text(0, 2)
            try call.integer(1)
            let function = Function(
                name, isDelicate: true,
                .values { values in
                    guard case .bytes(let text) = values[0], case .integer(let length) = values[1],
                        case .bytes(let fill) = values[2]
                    else { return .null }
                    let missing = length - Int64(Characters.count(text[...]))
                    guard missing > 0 else { return .bytes(Array(Characters.prefix(text[...], max(0, length)))) }
                    let pieces = Characters.all(fill[...])
                    guard !pieces.isEmpty else {
                        throw LakeError(
                            .failed, "\(name) with nothing to fill with",
                            hint: "\(name)(x, 10, ' ') fills up with blanks")
                    }
                    guard missing <= sizeLimit / 4 else { throw tooLong(name) }
                    let filling = (0..<Int(missing)).flatMap { pieces[$0 % pieces.count] }
                    return .bytes(name == "lpad" ? filling + text : text + filling)
                })
            return call.call(function, .utf8)
        }
    }

    private static func mapped(
        _ body: @escaping @Sendable ([UInt8]) -> [UInt8]
    ) -> @Sendable ([Scalar]) throws -> Scalar {
        { values in if case .bytes(let text) = values[0] { .bytes(body(text)) } else { .null } }
    }
}

extension FunctionCall {
    /// The arguments from one on, cast to text.
    func asText(from first: Int) throws(LakeError) -> [Bound] {
        var result: [Bound] = []
        for index in first..<arguments.count {
            guard let type = type(index), type.physical != .bytes else {
                result.append(arguments[index])
                continue
            }
            guard type.element == nil else {
                throw refuse("\(name) of a list", at: index, hint: TypeAdvice.text.hint(for: type))
            }
            result.append(.cast(arguments[index], .utf8))
        }
        return result
    }
}
