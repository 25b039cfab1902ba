import LakeCore

/// What to do about SQL that the grammar does not take: told from the tokens around the place where it stopped.
struct SyntaxAdvice {
    /// The grammar's own, or a clearer message.
    private(set) var message: String
    /// Byte offset in the SQL.
    private(set) var position: Int
    private(set) var hint = "a query reads: SELECT ... FROM table [WHERE ...] [GROUP BY ...] [ORDER BY ...] [LIMIT n]"

    private let lexer: SQLLexer
    private let tokens: [SQLLexer.Token]
    /// The token at the place, or as many as there are.
    private let index: Int

    /// - Parameters:
    ///   - message: the grammar's.
    ///   - position: byte offset of the token that it stopped at.
    init(_ message: String, at position: Int, in source: SQLSource) {
        self.message = message
        self.position = position
        var lexer = SQLLexer(Array(source.text.utf8))
        var tokens: [SQLLexer.Token] = []
        while let token = lexer.next() { tokens.append(token) }
        self.lexer = lexer
        self.tokens = tokens
        index = tokens.firstIndex { $0.range.upperBound > position } ?? tokens.count
        if let mark = tokens.firstIndex(where: { lexer.isMark($0, "`") }), mark <= index {
            self.position = tokens[mark].range.lowerBound
            self.message = "names do not stand in `...`"
            hint = "other names than letters and digits stand in double quotes: \"a name\""
        } else if let known = ofMessage ?? ofPlace {
            hint = known
        } else if index == tokens.count, let last = tokens.last {
            hint = "something must follow '\(lexer.text(last).shortened(to: 40))'"
        }
    }

    /// The text of a token relative to the place, words in lower case; empty where there is none.
    private func text(_ offset: Int) -> String {
        let place = index + offset
        return tokens.indices.contains(place) ? lexer.text(tokens[place]).asciiLowercased : ""
    }

    private var ofMessage: String? {
        messages.first { message.hasPrefix($0.prefix) }?.hint
    }

    /// What messages of the grammar mean here.
    private var messages: [(prefix: String, hint: String)] {
        [
            ("unterminated quoted string", "a ' is missing; within text it stands twice: 'it''s'"),
            ("unterminated quoted identifier", "a \" is missing; names stand between two of them"),
            (
                "zero-length delimited identifier",
                "names in double quotes have a letter at least; text has single quotes"
            ),
            ("LIMIT #,# syntax", "LIMIT 10 OFFSET 20"), ("subquery in FROM", SelectParser.exportHint),
            ("WITH TIES", "LIMIT 10 takes rows without regard to ties"),
            ("invalid byte sequence", "write the characters themselves, in UTF-8"),
            ("invalid Unicode", "write the characters themselves, in UTF-8"),
            (
                "trailing junk after numeric literal",
                text(0).hasPrefix("0") || text(1).hasPrefix("_")
                    ? "numbers are written 1000, 2.5 or 1e3" : "names begin with a letter, or stand in double quotes"
            ),
        ]
    }

    private var ofPlace: String? {
        let (before, here, after) = (text(-1), text(0), text(1))
        if index == 0 { return ofFirstWord(here) }
        switch (before, here) {
        case (",", "from"): return "there is a comma too many before FROM"
        case ("(", ")") where text(-2) == "in": return "IN takes a value or more: x IN ('a', 'b')"
        case ("?", _), (_, "?"), (_, ":"): return "there are no parameters; write the value itself"
        case (_, "["), (_, "{"): return "lists cannot be written; x IN (1, 2, 3) compares with several values"
        case (_, "not") where after == "null": return "x IS NOT NULL"
        case ("group", _) where here != "by": return "GROUP BY"
        case ("order", _) where here != "by": return "ORDER BY"
        case ("sample", _), (_, "sample"), ("using", _), (_, "using"):
            return "a sample reads: FROM table TABLESAMPLE rows(1000), or rows(1000, age) per age"
        case ("qualify", _), (_, "qualify"): return SelectParser.exportHint
        case (_, "exclude"), ("exclude", _), (_, "replace"),
            ("except", _) where text(-2) == "*",
            ("(", _) where text(-2) == "except" && text(-3) == "*":
            return "name the columns instead of *"
        case (_, "as") where (2...8).contains(where: { ["try_cast", "safe_cast"].contains(text(-$0)) }):
            return "CASE WHEN x ~ '^[0-9]+$' THEN CAST(x AS BIGINT) END is NULL for other texts"
        default: break
        }
        if here.unicodeScalars.contains(where: { "≥≤≠".unicodeScalars.contains($0) }) {
            return "comparisons are written = <> < <= > >="
        }
        return misspelt(-1) ?? misspelt(0)
    }

    private func ofFirstWord(_ word: String) -> String? {
        if ["describe", "desc", "summarize", "pragma", "show"].contains(word) {
            return "`alphalake tables` lists the tables, `alphalake schema` a table's columns"
        }
        return suggestion(for: word, among: ["SELECT", "EXPLAIN"])
    }

    private static let keywords = [
        "SELECT", "DISTINCT", "FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "BETWEEN", "WHEN", "THEN",
        "ELSE", "TABLESAMPLE", "ROLLUP", "FILTER",
    ]

    /// A hint for a word that is nearly one of the keywords.
    private func misspelt(_ offset: Int) -> String? {
        let word = text(offset)
        guard (4...16).contains(word.utf8.count), tokens.indices.contains(index + offset),
            tokens[index + offset].kind == .word, let keyword = nearest(to: word, among: SyntaxAdvice.keywords).first,
            keyword.asciiLowercased != word
        else { return nil }
        return "did you mean \(keyword) instead of '\(word)'?"
    }
}
