import LakeCore

extension Expression {
    /// The expression with every part for which `replace` returns something replaced by that; it is asked from the
    /// outside in, and not again about what it returned.
    public func rewritten(
        _ replace: (Expression) throws(LakeError) -> Expression?
    ) throws(LakeError) -> Expression {
        if let replacement = try replace(self) { return replacement }
        func inner(_ part: Expression) throws(LakeError) -> Expression { try part.rewritten(replace) }
        func all(_ parts: [Expression]) throws(LakeError) -> [Expression] {
            var result: [Expression] = []
            for part in parts { result.append(try inner(part)) }
            return result
        }
        let node: Node =
            switch node {
            case .column, .literal: node
            case .comparison(let comparison, let left, let right):
                .comparison(comparison, try inner(left), try inner(right))
            case .and(let terms): .and(try all(terms))
            case .or(let terms): .or(try all(terms))
            case .not(let operand): .not(try inner(operand))
            case .isNull(let operand, let negated): .isNull(try inner(operand), negated: negated)
            case .inList(let operand, let values, let negated):
                .inList(try inner(operand), try all(values), negated: negated)
            case .between(let operand, let lower, let upper, let negated):
                .between(try inner(operand), lower: try inner(lower), upper: try inner(upper), negated: negated)
            case .like(let operand, let pattern, let ignoringCase, let negated):
                .like(
                    try inner(operand), pattern: try inner(pattern), ignoringCase: ignoringCase, negated: negated)
            case .arithmetic(let arithmetic, let left, let right):
                .arithmetic(arithmetic, try inner(left), try inner(right))
            case .negate(let operand): .negate(try inner(operand))
            case .aggregate(let call): .aggregate(try call.rewritten(inner))
            case .call(let name, let arguments): .call(name, try all(arguments))
            case .cast(let operand, let type): .cast(try inner(operand), type)
            case .choice(let operand, let branches, let otherwise):
                .choice(
                    try operand.map(inner), try rewritten(branches, inner), otherwise: try otherwise.map(inner))
            case .quantified(let comparison, let left, let right, let all):
                .quantified(comparison, try inner(left), try inner(right), all: all)
            }
        return Expression(node, at: position)
    }

    private func rewritten(
        _ branches: [Branch], _ inner: (Expression) throws(LakeError) -> Expression
    ) throws(LakeError) -> [Branch] {
        var result: [Branch] = []
        for branch in branches {
            result.append(Branch(condition: try inner(branch.condition), value: try inner(branch.value)))
        }
        return result
    }
}
