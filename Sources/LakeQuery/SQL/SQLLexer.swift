/// Splits SQL into PostgreSQL's tokens: counts them before the grammar sees them, and finds again in the text what the
/// grammar's tree leaves out (the case of names, the signs of numbers).
struct SQLLexer {
    struct Token: Equatable {
        enum Kind: Equatable {
            /// A keyword or a name without quotes.
            case word
            /// A name in double quotes.
            case quotedName
            case number
            case string
            case comma
            /// One character of an operator, or any other mark.
            case mark
        }

        var kind: Kind
        /// Bytes in the SQL.
        var range: Range<Int>
    }

    private let bytes: [UInt8]
    private(set) var position: Int
    /// The block comments that were passed.
    private(set) var comments: [Range<Int>] = []
    /// Where a block comment begins that does not end.
    private(set) var openComment: Int?

    init(_ bytes: [UInt8], at position: Int = 0) {
        self.bytes = bytes
        self.position = min(max(position, 0), bytes.count)
    }

    /// The token's bytes as text.
    func text(_ token: Token) -> String { String(decoding: bytes[token.range], as: UTF8.self) }

    /// Whether the token is this keyword (given in lower case), in any case.
    func isWord(_ token: Token?, _ keyword: String) -> Bool {
        guard let token, token.kind == .word, token.range.count == keyword.utf8.count else { return false }
        return zip(bytes[token.range], keyword.utf8).allSatisfy { $0 | 0x20 == $1 || $0 == $1 }
    }

    func isMark(_ token: Token?, _ mark: Unicode.Scalar) -> Bool {
        guard let token, token.kind == .mark else { return false }
        return UInt32(bytes[token.range.lowerBound]) == mark.value
    }

    /// Whether the token is a character that operators are made of.
    func isOperator(_ token: Token) -> Bool {
        token.kind == .mark && "+-*/<>=~!@#%^&|`?".utf8.contains(bytes[token.range.lowerBound])
    }

    /// The next token, nil at the end. Text that is no SQL still yields tokens, to the end.
    mutating func next() -> Token? {
        skipBlanksAndComments()
        guard position < bytes.count else { return nil }
        let start = position
        let byte = bytes[position]
        let kind: Token.Kind
        switch byte {
        case UInt8(ascii: ","):
            position += 1
            kind = .comma
        case UInt8(ascii: "'"):
            skipQuoted(by: byte, backslashes: false)
            kind = .string
        case UInt8(ascii: "\""):
            skipQuoted(by: byte, backslashes: false)
            kind = .quotedName
        case UInt8(ascii: "$") where skipDollarQuoted():
            kind = .string
        case _ where SQLLexer.isDigit(byte) || (byte == UInt8(ascii: ".") && SQLLexer.isDigit(peek(1))):
            skipNumber()
            kind = .number
        case _ where SQLLexer.startsName(byte):
            kind = nameOrPrefixedString()
        default:
            position += 1
            kind = .mark
        }
        return Token(kind: kind, range: start..<position)
    }

    private func peek(_ distance: Int) -> UInt8 {
        position + distance < bytes.count ? bytes[position + distance] : 0
    }

    private mutating func skipBlanksAndComments() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09...0x0D:
                position += 1
            case UInt8(ascii: "-") where peek(1) == UInt8(ascii: "-"):
                while position < bytes.count, bytes[position] != 0x0A, bytes[position] != 0x0D { position += 1 }
            case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "*"):
                skipBlockComment()
            default: return
            }
        }
    }

    private mutating func skipBlockComment() {
        let start = position
        var depth = 0
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "*") {
                depth += 1
                position += 2
            } else if bytes[position] == UInt8(ascii: "*"), peek(1) == UInt8(ascii: "/") {
                depth -= 1
                position += 2
                if depth == 0 {
                    comments.append(start..<position)
                    return
                }
            } else {
                position += 1
            }
        }
        position = bytes.count
        openComment = start
    }

    /// Moves behind the closing quote; a doubled quote, and where `backslashes` count any escaped byte, stays inside.
    private mutating func skipQuoted(by quote: UInt8, backslashes: Bool) {
        position += 1
        while position < bytes.count {
            if backslashes, bytes[position] == UInt8(ascii: "\\") {
                position += 2
            } else if bytes[position] == quote {
                position += 1
                guard position < bytes.count, bytes[position] == quote else { return }
                position += 1
            } else {
                position += 1
            }
        }
        position = bytes.count
    }

    /// Moves behind `$tag$ ... $tag$`; false, without moving, when none starts here.
    private mutating func skipDollarQuoted() -> Bool {
        var end = position + 1
        while end < bytes.count, SQLLexer.continuesName(bytes[end]), bytes[end] != UInt8(ascii: "$") { end += 1 }
        guard end < bytes.count, bytes[end] == UInt8(ascii: "$"), !SQLLexer.isDigit(peek(1)) else { return false }
        let tag = bytes[position...end]
        var cursor = end + 1
        while cursor + tag.count <= bytes.count {
            if bytes[cursor] == UInt8(ascii: "$"), bytes[cursor..<(cursor + tag.count)] == tag {
                position = cursor + tag.count
                return true
            }
            cursor += 1
        }
        position = bytes.count
        return true
    }

    private mutating func skipNumber() {
        while position < bytes.count {
            let byte = bytes[position]
            let isExponent = byte | 0x20 == UInt8(ascii: "e")
            guard SQLLexer.isDigit(byte) || byte == UInt8(ascii: ".") || isExponent else { return }
            position += 1
            if isExponent, peek(0) == UInt8(ascii: "-") || peek(0) == UInt8(ascii: "+") { position += 1 }
        }
    }

    /// A name, or one of the strings that a letter opens: `E'..'`, `B'..'`, `X'..'`, `N'..'`, `U&'..'` (and `U&".."`).
    private mutating func nameOrPrefixedString() -> Token.Kind {
        let letter = bytes[position] | 0x20
        if peek(1) == UInt8(ascii: "'"), "ebxn".utf8.contains(letter) {
            position += 1
            skipQuoted(by: UInt8(ascii: "'"), backslashes: letter == UInt8(ascii: "e"))
            return .string
        }
        if letter == UInt8(ascii: "u"), peek(1) == UInt8(ascii: "&"), "'\"".utf8.contains(peek(2)) {
            let quote = peek(2)
            position += 2
            skipQuoted(by: quote, backslashes: false)
            return quote == UInt8(ascii: "'") ? .string : .quotedName
        }
        while position < bytes.count, SQLLexer.continuesName(bytes[position]) { position += 1 }
        return .word
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func startsName(_ byte: UInt8) -> Bool {
        byte >= 0x80 || byte == UInt8(ascii: "_") || (0x61...0x7A).contains(byte | 0x20)
    }

    private static func continuesName(_ byte: UInt8) -> Bool {
        startsName(byte) || isDigit(byte) || byte == UInt8(ascii: "$")
    }
}
