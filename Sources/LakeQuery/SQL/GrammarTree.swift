import CPgQuery
import LakeCore

/// A node of the tree that PostgreSQL's grammar makes of SQL, as libpg_query's JSON has it.
enum GrammarTree {
    case object([String: GrammarTree])
    case array([GrammarTree])
    case string(String)
    case number(Int)
    case bool(Bool)
    case null

    subscript(key: String) -> GrammarTree? {
        if case .object(let members) = self { members[key] } else { nil }
    }

    var elements: [GrammarTree] { if case .array(let elements) = self { elements } else { [] } }
    var string: String? { if case .string(let value) = self { value } else { nil } }
    var number: Int? { if case .number(let value) = self { value } else { nil } }
    var isTrue: Bool { if case .bool(true) = self { true } else { false } }

    /// Nodes are objects of one member, named by the node's type.
    var node: (type: String, fields: GrammarTree)? {
        guard case .object(let members) = self, members.count == 1, let member = members.first else { return nil }
        return (member.key, member.value)
    }
}

extension GrammarTree {
    /// Nesting of objects and arrays at most: an operator takes two levels or three.
    static let depthLimit = 1_000

    /// Tokens at most that are neither literals nor commas. The grammar's recursion is as deep as there are such tokens
    /// (`1+1+...`); it takes 50,000 levels on a stack of 8 MiB and ends the process at 100,000.
    static let tokenLimit = 10_000

    /// Bytes of SQL at most.
    static let sizeLimit = 1 << 20

    /// The statements in `source`.
    /// - Throws: `LakeError` (usage) with a caret, for SQL over the limits, with a NUL, or outside of the grammar.
    static func statements(of source: SQLSource) throws(LakeError) -> [GrammarTree] {
        let source = try checked(source)
        let result = pg_query_parse(source.text)
        defer { pg_query_free_parse_result(result) }
        if let error = result.error?.pointee {
            let message = error.message.map { String(cString: $0) }
            throw refusal(message ?? "syntax error", Int(error.cursorpos), in: source)
        }
        let tree = result.parse_tree.map { String(cString: $0) } ?? ""
        var reader = GrammarReader(Array(tree.utf8))
        guard let root = reader.value(depth: 0), let statements = root["stmts"] else {
            throw source.error(
                "the SQL is nested deeper than \(ExpressionParser.depthLimit) levels", at: reader.location,
                hint: "long lists of alternatives belong into IN (...), and longer computations into several queries")
        }
        return statements.elements
    }

    /// The SQL, within the limits, with blanks for its comments: the grammar's own scanner takes time that grows with the
    /// square of their number, and of the length of operators.
    private static func checked(_ source: SQLSource) throws(LakeError) -> SQLSource {
        var bytes = Array(source.text.utf8)
        guard bytes.count <= sizeLimit else {
            throw LakeError(
                .usage, "the SQL has more than \(sizeLimit) bytes",
                hint: "ask in parts, or hand long lists of values to DuckDB beside an Arrow stream")
        }
        if let position = bytes.firstIndex(of: 0) {
            throw source.error("a NUL byte in the SQL", at: position, hint: "text of a query has no NUL")
        }
        var lexer = SQLLexer(bytes)
        var (count, operators) = (0, 0..<0)
        while let token = lexer.next() {
            switch token.kind {
            case .number, .string, .comma: continue
            case .word, .quotedName, .mark: count += 1
            }
            guard count <= tokenLimit else {
                throw source.error(
                    "the SQL has more than \(tokenLimit) names, operators and parentheses",
                    at: token.range.lowerBound, hint: "literals and commas are not counted: long lists fit in IN (...)")
            }
            guard lexer.isOperator(token) else { continue }
            let start = token.range.lowerBound == operators.upperBound ? operators.lowerBound : token.range.lowerBound
            operators = start..<token.range.upperBound
            guard operators.count < 64 else {
                throw source.error(
                    "an operator of 64 characters or more", at: operators.lowerBound, hint: "blanks separate operators")
            }
        }
        if let position = lexer.openComment {
            throw source.error(
                "a comment that does not end", at: position,
                hint: "comments are /* ... */, or -- to the end of the line")
        }
        guard !lexer.comments.isEmpty else { return source }
        for comment in lexer.comments {
            for position in comment where bytes[position] != UInt8(ascii: "\n") { bytes[position] = UInt8(ascii: " ") }
        }
        return SQLSource(String(decoding: bytes, as: UTF8.self))
    }

    /// The grammar's own message; `cursor` counts characters from 1.
    private static func refusal(_ message: String, _ cursor: Int, in source: SQLSource) -> LakeError {
        let scalars = source.text.unicodeScalars
        let index = scalars.index(scalars.startIndex, offsetBy: max(cursor - 1, 0), limitedBy: scalars.endIndex)
        let position = source.text.utf8.distance(from: scalars.startIndex, to: index ?? scalars.endIndex)
        if message.hasPrefix("memory exhausted") {
            return source.error(
                "the SQL is nested too deeply", at: position, hint: "long lists of alternatives belong into IN (...)")
        }
        let advice = SyntaxAdvice(message, at: position, in: source)
        return source.error(advice.message, at: advice.position, hint: advice.hint)
    }
}

/// Reads JSON. Nil where it is malformed or nested deeper than the limit.
private struct GrammarReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Where in the SQL the next part stands that has a place there; below 0 where none has.
    var location: Int {
        let name = Array("\"location\":".utf8)
        var start = position
        while start + name.count < bytes.count {
            if bytes[start] == name[0], bytes[start...].starts(with: name) {
                let digits = bytes[(start + name.count)...].prefix { (0x30...0x39).contains($0) }
                return Int(String(decoding: digits, as: UTF8.self)) ?? -1
            }
            start += 1
        }
        return -1
    }

    mutating func value(depth: Int) -> GrammarTree? {
        guard depth < GrammarTree.depthLimit, position < bytes.count else { return nil }
        switch bytes[position] {
        case UInt8(ascii: "{"): return object(depth: depth)
        case UInt8(ascii: "["): return array(depth: depth)
        case UInt8(ascii: "\""): return string().map(GrammarTree.string)
        case UInt8(ascii: "t"): return skip(word: "true") ? .bool(true) : nil
        case UInt8(ascii: "f"): return skip(word: "false") ? .bool(false) : nil
        case UInt8(ascii: "n"): return skip(word: "null") ? .null : nil
        default: return number()
        }
    }

    private mutating func object(depth: Int) -> GrammarTree? {
        var members: [String: GrammarTree] = [:]
        position += 1
        if skip("}") { return .object(members) }
        repeat {
            guard let key = string(), skip(":"), let value = value(depth: depth + 1) else { return nil }
            members[key] = value
        } while skip(",")
        return skip("}") ? .object(members) : nil
    }

    private mutating func array(depth: Int) -> GrammarTree? {
        var elements: [GrammarTree] = []
        position += 1
        if skip("]") { return .array(elements) }
        repeat {
            guard let value = value(depth: depth + 1) else { return nil }
            elements.append(value)
        } while skip(",")
        return skip("]") ? .array(elements) : nil
    }

    private mutating func number() -> GrammarTree? {
        let start = position
        while position < bytes.count, bytes[position] == UInt8(ascii: "-") || (0x30...0x39).contains(bytes[position]) {
            position += 1
        }
        return Int(String(decoding: bytes[start..<position], as: UTF8.self)).map(GrammarTree.number)
    }

    private mutating func string() -> String? {
        guard skip("\"") else { return nil }
        var text: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let scalar = escaped() else { return nil }
                text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            default: text.append(byte)
            }
        }
        return nil
    }

    /// The character after a backslash. libpg_query writes `\u` for control characters, `<` and `>` only.
    private mutating func escaped() -> Unicode.Scalar? {
        guard position < bytes.count else { return nil }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            guard position + 4 <= bytes.count else { return nil }
            let digits = String(decoding: bytes[position..<(position + 4)], as: UTF8.self)
            position += 4
            return UInt32(digits, radix: 16).flatMap(Unicode.Scalar.init)
        default: return Unicode.Scalar(byte)
        }
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, UInt32(bytes[position]) == character.value else { return false }
        position += 1
        return true
    }

    private mutating func skip(word: String) -> Bool {
        guard bytes[position...].starts(with: word.utf8) else { return false }
        position += word.utf8.count
        return true
    }
}
