import LakeCore

extension SelectStatement {
    /// Parses one SELECT over one table with PostgreSQL's grammar.
    ///
    ///     let statement = try SelectStatement(parsing: "SELECT answer, count(*) FROM responses GROUP BY 1")
    ///
    /// - Throws: `LakeError` (usage) that shows the SQL with a caret: for SQL outside of the grammar, over its limits
    ///   (1 MiB; 10,000 tokens other than literals and commas), or beyond what AlphaLake evaluates (joins, windows,
    ///   subqueries, set operations, statements other than SELECT).
    public init(parsing sql: String) throws(LakeError) {
        let source = SQLSource(sql)
        let statements = try GrammarTree.statements(of: source)
        let parser = SelectParser(source)
        guard let first = statements.first else {
            throw LakeError(.usage, "the SQL is empty", hint: SelectParser.form)
        }
        if statements.count > 1 {
            let position = parser.tokenPosition(from: statements[1]["stmt_location"]?.number ?? 0)
            throw source.error("more than one statement", at: position, hint: "run one query at a time")
        }
        guard var (type, fields) = first["stmt"]?.node else {
            throw LakeError(.usage, "the SQL is empty", hint: SelectParser.form)
        }
        var explain: Explain?
        if type == "ExplainStmt", let inner = fields["query"]?.node {
            explain = try parser.explain(fields)
            (type, fields) = inner
        }
        guard type == "SelectStmt" else {
            throw source.error(
                "only SELECT is part of AlphaLake's SQL",
                at: explain == nil ? parser.tokenPosition(from: 0) : parser.explained,
                hint: "tables are filled by `alphalake import` and listed by `alphalake tables`")
        }
        self = try parser.statement(fields)
        sample = try parser.sample(fields, of: table)
        self.explain = explain
    }
}

/// Makes a `SelectStatement` of the grammar's tree.
struct SelectParser {
    let source: SQLSource
    let bytes: [UInt8]

    init(_ source: SQLSource) {
        self.source = source
        bytes = Array(source.text.utf8)
    }

    func statement(_ fields: GrammarTree) throws(LakeError) -> SelectStatement {
        try refuseWholeClauses(fields)
        let distinct = try isDistinct(fields)
        let table = try table(fields)
        let items = try items(fields["targetList"]?.elements ?? [], table: table)
        let expressions = ExpressionParser(source: source, bytes: bytes, table: table)
        let grouping = try grouping(fields["groupClause"], expressions)
        var orderBy: [SortKey] = []
        for term in fields["sortClause"]?.elements ?? [] { orderBy.append(try sortKey(term, expressions)) }
        return SelectStatement(
            source: source, distinct: distinct, items: items, table: table,
            predicate: try fields["whereClause"].map(expressions.expression), groupBy: grouping.terms,
            groupingSets: grouping.sets,
            having: try fields["havingClause"].map(expressions.expression), orderBy: orderBy,
            limit: try fields["limitCount"].flatMap { tree throws(LakeError) in try rows("LIMIT", tree, expressions) },
            offset: try fields["limitOffset"].flatMap { tree throws(LakeError) in
                try rows("OFFSET", tree, expressions)
            } ?? 0)
    }

    /// The start of what EXPLAIN stands before.
    var explained: Int {
        var lexer = SQLLexer(bytes)
        while let token = lexer.next() {
            if ["explain", "analyze"].contains(where: { lexer.isWord(token, $0) }) { continue }
            return token.range.lowerBound
        }
        return bytes.count
    }

    /// The start of the first token at or behind the byte `position`.
    func tokenPosition(from position: Int) -> Int {
        var lexer = SQLLexer(bytes, at: position)
        return lexer.next()?.range.lowerBound ?? bytes.count
    }

    /// The start of the first of these keywords (in lower case) behind the byte `position`.
    private func position(of keywords: String..., from position: Int = 0) -> Int {
        var lexer = SQLLexer(bytes, at: position)
        while let token = lexer.next() {
            if keywords.contains(where: { lexer.isWord(token, $0) }) { return token.range.lowerBound }
        }
        return tokenPosition(from: position)
    }

    // MARK: Clauses

    /// What a query looks like.
    static let form = "a query reads: SELECT ... FROM table"

    static let exportHint =
        "AlphaLake reads one table at a time: hand the rows to DuckDB as an Arrow stream and finish there, "
        + "with `alphalake query --format arrow`, or in Python with lake.sql(...).to_arrow()"

    private func refuseWholeClauses(_ fields: GrammarTree) throws(LakeError) {
        func refuse(_ what: String, at position: Int, hint: String? = SelectParser.exportHint) -> LakeError {
            source.error("\(what) not part of AlphaLake's SQL", at: position, hint: hint)
        }
        if let with = fields["withClause"] {
            throw refuse("WITH is", at: with["location"]?.number ?? position(of: "with"))
        }
        if let operation = fields["op"]?.string, operation != "SETOP_NONE" {
            throw refuse(
                "UNION, INTERSECT and EXCEPT are", at: position(of: "union", "intersect", "except"))
        }
        if fields["valuesLists"] != nil {
            throw refuse("VALUES is", at: position(of: "values"), hint: SelectParser.form)
        }
        if fields["intoClause"] != nil {
            throw refuse(
                "SELECT INTO is", at: position(of: "into"),
                hint: "results go to standard output: `alphalake query ... > file`")
        }
        if fields["windowClause"] != nil { throw refuse("WINDOW is", at: position(of: "window")) }
        if fields["lockingClause"] != nil {
            throw refuse(
                "FOR UPDATE is", at: position(of: "for"),
                hint: "a query reads one version of the table; nothing changes it")
        }
        if fields["limitOption"]?.string == "LIMIT_OPTION_WITH_TIES" {
            throw refuse("WITH TIES is", at: position(of: "ties"), hint: "LIMIT 10 takes rows without regard to ties")
        }
        if fields["groupDistinct"]?.isTrue == true {
            throw refuse("GROUP BY DISTINCT is", at: position(of: "group"), hint: "name every set once")
        }
    }

    private func isDistinct(_ fields: GrammarTree) throws(LakeError) -> Bool {
        guard let terms = fields["distinctClause"]?.elements else { return false }
        if terms.contains(where: { $0.node != nil }) {
            throw source.error(
                "DISTINCT ON is not part of AlphaLake's SQL", at: position(of: "distinct"),
                hint: "SELECT DISTINCT and GROUP BY are")
        }
        return true
    }

    private func table(_ fields: GrammarTree) throws(LakeError) -> TableName {
        let from = fields["fromClause"]?.elements ?? []
        guard let first = from.first else {
            throw source.error(
                "a query needs a table", at: bytes.count, hint: "add FROM table; `alphalake tables` lists them")
        }
        if from.count > 1 {
            let second = from[1].node?.fields["location"]?.number ?? position(of: "from")
            throw source.error(
                "joins are not part of AlphaLake's SQL", at: second, hint: SelectParser.exportHint)
        }
        let start = position(of: "from")
        switch first.node {
        case ("RangeVar", let range)?: return try table(range: range, after: start)
        case ("RangeTableSample", let sample)?:
            guard case ("RangeVar", let range)? = sample["relation"]?.node else {
                throw source.error("FROM must name a table of the lake", at: tokenPosition(from: start + 4))
            }
            return try table(range: range, after: start)
        case ("JoinExpr", _)?:
            throw source.error(
                "joins are not part of AlphaLake's SQL", at: position(of: "join", from: start),
                hint: SelectParser.exportHint)
        case ("RangeSubselect", _)?:
            throw source.error(
                "subqueries are not part of AlphaLake's SQL", at: tokenPosition(from: start + 4),
                hint: SelectParser.exportHint)
        default:
            throw source.error("FROM must name a table of the lake", at: tokenPosition(from: start + 4))
        }
    }

    private func table(range: GrammarTree, after start: Int) throws(LakeError) -> TableName {
        let position = range["location"]?.number ?? start
        guard range["schemaname"] == nil, range["catalogname"] == nil else {
            throw source.error(
                "a table has a plain name here", at: position, hint: "FROM table, without what stands before a dot")
        }
        if range["alias"]?["colnames"] != nil {
            throw source.error("names for a table's columns are not part of AlphaLake's SQL", at: position)
        }
        let name = SQLName(range["relname"]?.string ?? "", at: position, in: bytes)
        return TableName(
            name: name.text, quoted: name.quoted, alias: range["alias"]?["aliasname"]?.string, position: position)
    }

    private func sortKey(_ term: GrammarTree, _ expressions: ExpressionParser) throws(LakeError) -> SortKey {
        guard case ("SortBy", let fields)? = term.node, let node = fields["node"] else {
            throw source.error("ORDER BY cannot be read", at: position(of: "order"))
        }
        let expression = try expressions.expression(node)
        if fields["sortby_dir"]?.string == "SORTBY_USING" {
            throw source.error("ORDER BY ... USING is not part of AlphaLake's SQL", at: expression.position)
        }
        return SortKey(
            expression: expression, descending: fields["sortby_dir"]?.string == "SORTBY_DESC",
            nullsFirst: fields["sortby_nulls"]?.string == "SORTBY_NULLS_FIRST")
    }

    /// The count after LIMIT or OFFSET; nil for ALL and NULL.
    private func rows(
        _ clause: String, _ tree: GrammarTree, _ expressions: ExpressionParser
    ) throws(LakeError) -> Int? {
        let expression = try expressions.expression(tree)
        switch expression.node {
        case .literal(.null): return nil
        case .literal(.integer(let count)) where count >= 0: return Int(count)
        case .literal(.unsigned): return Int.max
        default:
            throw source.error(
                "\(clause) needs a whole number from 0", at: expression.position,
                hint: "\(clause) 10, or \(clause == "LIMIT" ? "none" : "no OFFSET") for all rows")
        }
    }
}

/// A name as the SQL spells it. The grammar's tree has it folded to lower case and cut to 63 bytes.
struct SQLName {
    var text: String
    var quoted: Bool

    /// - Parameter folded: the name in the tree, taken where none is found at the byte `position`.
    init(_ folded: String, at position: Int, in bytes: [UInt8]) {
        var lexer = SQLLexer(bytes, at: position)
        guard let token = lexer.next() else {
            self = SQLName(text: folded, quoted: false)
            return
        }
        self = SQLName(token, lexer) ?? SQLName(text: folded, quoted: true)
    }

    /// Nil when the token is no name, or one with Unicode escapes, which the tree has resolved.
    init?(_ token: SQLLexer.Token, _ lexer: SQLLexer) {
        let spelled = lexer.text(token)
        switch token.kind {
        case .word: self = SQLName(text: spelled, quoted: false)
        case .quotedName where spelled.hasPrefix("\""):
            let inside = spelled.utf8.dropFirst().dropLast()
            var text: [UInt8] = []
            var afterQuote = false
            for byte in inside {
                afterQuote = byte == UInt8(ascii: "\"") && !afterQuote
                if !afterQuote { text.append(byte) }
            }
            self = SQLName(text: String(decoding: text, as: UTF8.self), quoted: true)
        default: return nil
        }
    }

    private init(text: String, quoted: Bool) {
        self.text = text
        self.quoted = quoted
    }

    /// Whether the grammar would have folded and cut this name to `tree`.
    func matches(_ tree: String) -> Bool {
        let folded = quoted ? text : text.asciiLowercased
        return folded == tree || (folded.utf8.count >= 63 && folded.hasPrefix(tree))
    }
}

extension String {
    /// With the letters A to Z in lower case; that is all that PostgreSQL's grammar folds in UTF-8.
    var asciiLowercased: String {
        String(decoding: utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }
}
