import LakeCore

extension ExpressionParser {
    /// A_Expr: comparisons, arithmetic, IN, BETWEEN, LIKE, IS DISTINCT FROM and NULLIF.
    func operation(_ fields: GrammarTree, at position: Int, depth: Int) throws(LakeError) -> Expression {
        let names = (fields["name"]?.elements ?? []).compactMap { $0.node?.fields["sval"]?.string }
        let name = names.last ?? ""
        func side(_ key: String) throws(LakeError) -> Expression { try operand(fields[key], position, depth) }
        func compared(_ comparison: Expression.Comparison) throws(LakeError) -> Expression {
            Expression(.comparison(comparison, try side("lexpr"), try side("rexpr")), at: position)
        }
        switch fields["kind"]?.string {
        case "AEXPR_OP" where fields["lexpr"] == nil:
            return try unary(name, try side("rexpr"), at: position)
        case "AEXPR_OP":
            return try binary(name, try side("lexpr"), try side("rexpr"), at: position)
        case "AEXPR_DISTINCT": return try compared(.distinct)
        case "AEXPR_NOT_DISTINCT": return try compared(.notDistinct)
        case "AEXPR_NULLIF":
            return Expression(.call("nullif", [try side("lexpr"), try side("rexpr")]), at: position)
        case "AEXPR_IN":
            let values = try list(fields["rexpr"]?.node?.fields["items"], depth)
            return Expression(.inList(try side("lexpr"), values, negated: name == "<>"), at: position)
        case "AEXPR_BETWEEN", "AEXPR_NOT_BETWEEN":
            let bounds = try list(fields["rexpr"]?.node?.fields["items"], depth)
            guard bounds.count == 2 else { throw source.error("BETWEEN needs two bounds", at: position) }
            let negated = fields["kind"]?.string == "AEXPR_NOT_BETWEEN"
            return Expression(
                .between(try side("lexpr"), lower: bounds[0], upper: bounds[1], negated: negated), at: position)
        case "AEXPR_LIKE", "AEXPR_ILIKE": return try like(name, fields, at: position, depth: depth)
        case "AEXPR_OP_ANY", "AEXPR_OP_ALL":
            guard let comparison = Expression.Comparison(rawValue: name == "==" ? "=" : name) else {
                let word = ["~~": "LIKE", "~~*": "ILIKE", "!~~": "NOT LIKE", "!~~*": "NOT ILIKE"][name]
                throw refuse(
                    "\(word ?? name) with ANY and ALL is", at: position,
                    hint: word == nil
                        ? "comparisons such as = ANY(list) are" : "x LIKE 'a%' OR x LIKE 'b%', or x ~ '^(a|b)'")
            }
            let all = fields["kind"]?.string == "AEXPR_OP_ALL"
            if case ("A_ArrayExpr", let array)? = fields["rexpr"]?.node {
                let values = try list(array["elements"], depth)
                return listed(comparison, try side("lexpr"), values, all: all, at: position)
            }
            return Expression(.quantified(comparison, try side("lexpr"), try side("rexpr"), all: all), at: position)
        case "AEXPR_SIMILAR":
            throw refuse(
                "SIMILAR TO is", at: position,
                hint: "LIKE is, and `x ~ 'pattern'` with a regular expression, found anywhere in x")
        case "AEXPR_BETWEEN_SYM", "AEXPR_NOT_BETWEEN_SYM":
            throw refuse("BETWEEN SYMMETRIC is", at: position, hint: "BETWEEN lower AND upper is")
        default: throw refuse("this operator is", at: position)
        }
    }

    /// `x = ANY (ARRAY[...])` and the like, in terms of IN, OR and AND.
    private func listed(
        _ comparison: Expression.Comparison, _ value: Expression, _ list: [Expression], all: Bool, at position: Int
    ) -> Expression {
        guard !list.isEmpty else { return Expression(.literal(.bool(all)), at: position) }
        if comparison == (all ? .notEqual : .equal) {
            return Expression(.inList(value, list, negated: all), at: position)
        }
        let terms = list.map { Expression(.comparison(comparison, value, $0), at: position) }
        return terms.count == 1 ? terms[0] : Expression(all ? .and(terms) : .or(terms), at: position)
    }

    /// CaseExpr: both forms of CASE.
    func choice(_ fields: GrammarTree, at position: Int, depth: Int) throws(LakeError) -> Expression {
        var branches: [Expression.Branch] = []
        for element in fields["args"]?.elements ?? [] {
            guard let branch = element.node?.fields else { throw source.error("CASE cannot be read", at: position) }
            branches.append(
                Expression.Branch(
                    condition: try operand(branch["expr"], position, depth),
                    value: try operand(branch["result"], position, depth)))
        }
        let operand = try fields["arg"].map { tree throws(LakeError) in try expression(tree, depth: depth) }
        let otherwise = try fields["defresult"].map { tree throws(LakeError) in try expression(tree, depth: depth) }
        return Expression(.choice(operand, branches, otherwise: otherwise), at: position)
    }

    /// A_Indirection: `list[2]`.
    func subscripted(_ fields: GrammarTree, at position: Int, depth: Int) throws(LakeError) -> Expression {
        let whole = try operand(fields["arg"], position, depth)
        let parts = fields["indirection"]?.elements ?? []
        guard let part = parts.first?.node, parts.count == 1, part.type == "A_Indices",
            part.fields["is_slice"]?.isTrue != true
        else {
            throw refuse("this subscript is", at: whole.position, hint: "list[2] is the second element of a list")
        }
        let index = try operand(part.fields["uidx"], position, depth)
        return Expression(.call("list_extract", [whole, index]), at: whole.position)
    }

    private func refuse(_ what: String, at position: Int, hint: String? = nil) -> LakeError {
        source.error("\(what) not part of AlphaLake's SQL", at: position, hint: hint)
    }

    private func unary(_ name: String, _ operand: Expression, at position: Int) throws(LakeError) -> Expression {
        switch name {
        case "-": return Expression(.negate(operand), at: position)
        case "+": return operand
        default: throw unknown(name, at: position)
        }
    }

    private func binary(
        _ name: String, _ left: Expression, _ right: Expression, at position: Int
    ) throws(LakeError) -> Expression {
        if let comparison = Expression.Comparison(rawValue: name == "==" ? "=" : name) {
            return Expression(.comparison(comparison, left, right), at: position)
        }
        if let arithmetic = Expression.Arithmetic(rawValue: name) {
            return Expression(.arithmetic(arithmetic, left, right), at: position)
        }
        func call(_ name: String, _ arguments: Expression...) -> Expression {
            Expression(.call(name, arguments), at: position)
        }
        let ignoringCase = Expression(.literal(.string("i")), at: position)
        switch name {
        case "||":
            guard case .call("||", let terms) = left.node else { return call("||", left, right) }
            return Expression(.call("||", terms + [right]), at: left.position)
        case "^", "**": return call("power", left, right)
        case "~": return call("regexp_matches", left, right)
        case "~*": return call("regexp_matches", left, right, ignoringCase)
        case "!~": return Expression(.not(call("regexp_matches", left, right)), at: position)
        case "!~*": return Expression(.not(call("regexp_matches", left, right, ignoringCase)), at: position)
        default: throw unknown(name, at: position)
        }
    }

    private func unknown(_ name: String, at position: Int) -> LakeError {
        let hint =
            switch name {
            case "&&": "a AND b"
            case "!": "NOT a"
            case "&", "|", "#", "<<", ">>": "there are no operations on bits"
            case "@": "abs(x) is the magnitude; a value is written itself, not @name"
            case "|/": "sqrt(x)"
            case "~~~", "@@": "x ~ 'regular expression', x LIKE '%text%'"
            default: "operators are + - * / // % ^, || for text, ~ and ~* for regular expressions"
            }
        return refuse("the operator \(name) is", at: position, hint: hint)
    }

    private func like(
        _ name: String, _ fields: GrammarTree, at position: Int, depth: Int
    ) throws(LakeError) -> Expression {
        return Expression(
            .like(
                try operand(fields["lexpr"], position, depth), pattern: try operand(fields["rexpr"], position, depth),
                ignoringCase: name.hasSuffix("*"), negated: name.hasPrefix("!")), at: position)
    }
}
