import LakeCore

extension SelectParser {
    /// The selected items, each with its name as the SQL spells it.
    func items(_ targets: [GrammarTree], table: TableName) throws(LakeError) -> [SelectItem] {
        guard !targets.isEmpty else {
            throw source.error(
                "nothing is selected", at: bytes.count, hint: "SELECT column, ... FROM table, or SELECT *")
        }
        let expressions = ExpressionParser(source: source, bytes: bytes, table: table)
        var items: [SelectItem] = []
        for target in targets {
            guard case ("ResTarget", let fields)? = target.node, let value = fields["val"] else {
                throw source.error("the selected items cannot be read", at: 0)
            }
            let position = fields["location"]?.number ?? 0
            if try isStar(value, expressions) {
                items.append(SelectItem(nil, at: position))
                continue
            }
            let alias = fields["name"]?.string.map { aliasAsSpelled($0, from: position) }
            items.append(SelectItem(try expressions.expression(value), alias: alias, at: position))
        }
        return items
    }

    /// `*` or `table.*`.
    private func isStar(_ value: GrammarTree, _ expressions: ExpressionParser) throws(LakeError) -> Bool {
        guard case ("ColumnRef", let fields)? = value.node, let parts = fields["fields"]?.elements,
            parts.last?.node?.type == "A_Star"
        else { return false }
        let qualifier = parts.dropLast().compactMap { $0.node?.fields["sval"]?.string }
        if let name = qualifier.first {
            try expressions.checkQualifier(name, count: qualifier.count, at: fields["location"]?.number ?? 0)
        }
        return true
    }

    /// The alias in the SQL's own case: the first name like it that ends an item.
    private func aliasAsSpelled(_ folded: String, from position: Int) -> String {
        var lexer = SQLLexer(bytes, at: position)
        var depth = 0
        var candidate: SQLName?
        while let token = lexer.next() {
            if depth == 0, token.kind == .comma || lexer.isWord(token, "from"), let candidate { return candidate.text }
            if lexer.isMark(token, "(") || lexer.isMark(token, "[") { depth += 1 }
            if lexer.isMark(token, ")") || lexer.isMark(token, "]") { depth -= 1 }
            candidate = depth == 0 ? SQLName(token, lexer).flatMap { $0.matches(folded) ? $0 : nil } : nil
        }
        return folded
    }
}
