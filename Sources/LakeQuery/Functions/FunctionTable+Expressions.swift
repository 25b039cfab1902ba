import LakeBytes
import LakeCore

extension FunctionTable {
    static let expressions: [FunctionEntry] = [
        FunctionEntry(
            "regexp_matches", "text, pattern [, options]", "bool",
            "Whether the pattern is found anywhere in the text; also `text ~ pattern`, `~*` (any case), `!~`, `!~*`. "
                + "Options: `i` any case, `s` a dot is a line feed too, `l` plain text.", counts: 2...3
        ) { call throws(LakeError) in try search(call, whole: false) },
        FunctionEntry(
            "regexp_full_match", "text, pattern [, options]", "bool", "Whether the pattern describes the whole text.",
            counts: 2...3
        ) { call throws(LakeError) in try search(call, whole: true) },
        FunctionEntry(
            "regexp_extract", "text, pattern [, group [, options]]", "text",
            "What the pattern, or its group of that number, finds first; empty where it finds nothing.", counts: 2...4
        ) { call throws(LakeError) in
            try call.text(0)
            let expression = try pattern(call, options: 3).expression
            var group: Int64 = 0
            if call.arguments.count > 2 {
                guard case .constant(.integer(let number), _) = call.arguments[2], number >= 0,
                    number <= Int64(expression.groupCount)
                else {
                    throw call.refuse(
                        "the group must be a number from 0 to \(expression.groupCount)", at: 2,
                        hint: "groups are what stands in parentheses in the pattern")
                }
                group = number
            }
            let wanted = Int(group)
            let function = Function(
                "regexp_extract(\(call.constants))",
                .values { values in
                    guard case .bytes(let text) = values[0] else { return .null }
                    return .bytes(expression.find(text[...], group: wanted).map { Array($0) } ?? [])
                })
            return call.call(function, .utf8, of: [call.arguments[0]])
        },
        FunctionEntry(
            "regexp_replace", "text, pattern, other [, options]", "text",
            "With the first match, or with the option `g` every match, replaced; `\\1` is what the first group found.",
            counts: 3...4
        ) { call throws(LakeError) in
            try call.text(0)
            let (expression, all) = try pattern(call, options: 3)
            let other = Array(try call.literal(2, "the replacement").utf8)
            guard expression.accepts(replacement: other) else {
                throw call.refuse(
                    "a replacement that names a group which the pattern has not", at: 2,
                    hint: "groups are what stands in parentheses in the pattern; \\0 is the whole match")
            }
            let function = Function(
                "regexp_replace(\(call.constants))",
                .values { values in
                    guard case .bytes(let text) = values[0] else { return .null }
                    return .bytes(expression.replacing(text[...], with: other, all: all))
                })
            return call.call(function, .utf8, of: [call.arguments[0]])
        },
    ]

    private static func search(_ call: FunctionCall, whole: Bool) throws(LakeError) -> Bound {
        try call.text(0, 1)
        if case .constant(.bytes, _) = call.arguments[1] {
            let expression = try pattern(call, options: 2).expression
            let function = Function(
                "\(call.name)(\(call.constants))", .search { try expression.rows($0, whole: whole) })
            return call.call(function, .bool, of: [call.arguments[0]])
        }
        let options = try options(call, 2).options
        let function = Function(
            "\(call.name)(\(call.constants))", isDelicate: true,
            .values { values in
                guard case .bytes(let text) = values[0], case .bytes(let pattern) = values[1] else { return .null }
                do throws(LakeError) {
                    return .bool(try RegularExpression(pattern, options).matches(text[...], whole: whole))
                } catch {
                    throw LakeError(
                        .failed, "\(values[1].shown(as: .utf8)) is \(error.message)",
                        hint: "patterns are RE2's; with the option 'l' they are plain text")
                }
            })
        return call.call(function, .bool, of: Array(call.arguments.prefix(2)))
    }

    private static func pattern(
        _ call: FunctionCall, options index: Int
    ) throws(LakeError) -> (expression: RegularExpression, all: Bool) {
        let text = try call.literal(1, "the pattern")
        let (options, all) = try options(call, index)
        do throws(LakeError) {
            return (try RegularExpression(Array(text.utf8), options), all)
        } catch {
            throw call.refuse(
                error.message, at: 1, hint: "patterns are RE2's: https://github.com/google/re2/wiki/Syntax")
        }
    }

    private static func options(
        _ call: FunctionCall, _ index: Int
    ) throws(LakeError) -> (options: RegularExpression.Options, all: Bool) {
        guard index < call.arguments.count else { return ([], false) }
        var (options, all): (RegularExpression.Options, Bool) = ([], false)
        for letter in try call.literal(index, "the options") {
            switch letter {
            case "i": options.insert(.ignoringCase)
            case "c": options.remove(.ignoringCase)
            case "l": options.insert(.literal)
            case "s": options.insert(.dotMatchesNewline)
            case "m", "n", "p": options.remove(.dotMatchesNewline)
            case "g" where call.name == "regexp_replace": all = true
            default:
                throw call.refuse(
                    "'\(letter)' is no option of \(call.name)", at: index, hint: "options are i, c, l, s, m")
            }
        }
        return (options, all)
    }
}

extension FunctionCall {
    /// The constant arguments, to tell one fitted function from another.
    var constants: String {
        arguments.indices.map { index in
            if case .constant(let value, let type) = arguments[index] {
                "\(index):\(value.text(as: type).debugDescription)"
            } else {
                ""
            }
        }.joined(separator: ",")
    }
}
