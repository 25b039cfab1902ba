import LakeCore

extension SelectStatement {
    /// The statement fitted to a table's columns: `*` is spelled out, columns have the schema's names, ordinals and output
    /// names in GROUP BY, HAVING and ORDER BY are replaced by what they stand for.
    ///
    /// A name without quotes means the column of exactly that name, else the one that differs only in case. Where a name
    /// is both a column and an output, ORDER BY means the output and every other clause the column, as in DuckDB.
    /// - Parameter starred: how many columns, from the first, `*` stands for; nil for all.
    /// - Throws: `LakeError` (usage) with a caret: unknown or ambiguous names, ordinals that are out of range, aggregates
    ///   where none may stand, columns that are neither grouped nor aggregated.
    public func resolved(against schema: Schema, starred: Int? = nil) throws(LakeError) -> SelectStatement {
        var result = self
        let columns = ColumnResolver(statement: self, schema: schema)
        result.items = []
        for item in items {
            guard let expression = item.expression else {
                for field in schema.fields.prefix(starred ?? .max) {
                    let column = Expression(.column(ColumnName(field.name, quoted: true)), at: item.position)
                    result.items.append(SelectItem(column, at: item.position))
                }
                continue
            }
            var resolved = item
            resolved.expression = try columns.resolve(expression, outputs: [])
            result.items.append(resolved)
        }
        let outputs = result.items
        result.predicate = try predicate.map { term throws(LakeError) in try columns.resolve(term, outputs: outputs) }
        result.having = try having.map { term throws(LakeError) in try columns.resolve(term, outputs: outputs) }
        if let sample {
            result.sample?.per = []
            for term in sample.per { result.sample?.per.append(try columns.resolve(term, outputs: [])) }
        }
        result.groupBy = []
        for term in groupBy {
            if let expression = try columns.ordinal(term, outputs: outputs, clause: "GROUP BY") {
                result.groupBy.append(expression)
            } else {
                result.groupBy.append(try columns.resolve(term, outputs: outputs))
            }
        }
        result = result.withDistinctTerms()
        result.orderBy = []
        for var key in orderBy {
            let term = key.expression
            if let expression = try columns.ordinal(term, outputs: outputs, clause: "ORDER BY") {
                key.expression = expression
            } else if let expression = columns.output(term, among: outputs) {
                key.expression = expression
            } else {
                key.expression = try columns.resolve(term, outputs: outputs)
            }
            result.orderBy.append(key)
        }
        try result.checkAggregates()
        return result
    }

    private func checkAggregates() throws(LakeError) {
        try refuseAggregate(in: predicate, "WHERE", hint: "conditions on aggregates go into HAVING")
        for term in groupBy {
            try refuseAggregate(in: term, "GROUP BY", hint: "group by columns; HAVING asks about aggregates")
        }
        let outputs = items.compactMap(\.expression)
        for expression in outputs + [having].compactMap({ $0 }) + orderBy.map(\.expression) {
            try refuseNested(in: expression)
            if isAggregate { try checkGrouped(expression) }
        }
        if distinct {
            for key in orderBy where !outputs.contains(key.expression) {
                throw source.error(
                    "with SELECT DISTINCT, ORDER BY can only name selected items", at: key.expression.position,
                    hint: "add \(key.expression) to the selected items, or GROUP BY")
            }
        }
    }

    private func refuseAggregate(in expression: Expression?, _ clause: String, hint: String?) throws(LakeError) {
        guard let expression else { return }
        if case .aggregate = expression.node {
            throw source.error("aggregates cannot stand in \(clause)", at: expression.position, hint: hint)
        }
        for child in expression.children { try refuseAggregate(in: child, clause, hint: hint) }
    }

    private func refuseNested(in expression: Expression) throws(LakeError) {
        for child in expression.children {
            if case .aggregate = expression.node {
                try refuseAggregate(in: child, "an aggregate", hint: SelectParser.exportHint)
            } else {
                try refuseNested(in: child)
            }
        }
    }

    /// Outside of aggregates, only what is grouped by can be shown.
    private func checkGrouped(_ expression: Expression) throws(LakeError) {
        if groupBy.contains(expression) { return }
        switch expression.node {
        case .aggregate: return
        case .column(let column):
            throw source.error(
                "column '\(column.name)' is neither in GROUP BY nor inside of an aggregate", at: expression.position,
                hint: "add it to GROUP BY, or take min(\(column)) or another aggregate of it")
        default: for child in expression.children { try checkGrouped(child) }
        }
    }
}

/// Finds what the names of a statement stand for.
private final class ColumnResolver {
    let statement: SelectStatement
    let schema: Schema
    private let byName: [String: String]
    private let byFoldedName: [String: [String]]

    init(statement: SelectStatement, schema: Schema) {
        self.statement = statement
        self.schema = schema
        var names = schema.fields.map(\.name)
        if !names.contains(where: { $0.asciiLowercased == RowNumber.name }) { names.append(RowNumber.name) }
        byName = Dictionary(names.map { ($0, $0) }, uniquingKeysWith: { first, _ in first })
        byFoldedName = Dictionary(grouping: names, by: \.asciiLowercased)
    }

    func resolve(_ expression: Expression, outputs: [SelectItem]) throws(LakeError) -> Expression {
        try expression.rewritten { part throws(LakeError) in
            guard case .column(let column) = part.node else { return nil }
            if let name = try name(of: column, at: part.position) {
                return Expression(.column(ColumnName(name, quoted: true)), at: part.position)
            }
            if let output = output(part, among: outputs) { return output }
            throw unknown(column, at: part.position)
        }
    }

    /// The output that an integer literal counts out, nil when the term is something else.
    func ordinal(
        _ term: Expression, outputs: [SelectItem], clause: String
    ) throws(LakeError) -> Expression? {
        guard case .literal(let literal) = term.node else { return nil }
        guard case .integer(let number) = literal else {
            guard clause == "ORDER BY" else { return nil }
            throw statement.source.error(
                "ORDER BY the constant \(literal) has no effect", at: term.position,
                hint: "columns stand without quotes or in double quotes; numbers count the selected items")
        }
        guard number >= 1, number <= outputs.count, let expression = outputs[Int(number) - 1].expression else {
            throw statement.source.error(
                "\(clause) \(number): the query has \(outputs.count) output\(outputs.count == 1 ? "" : "s")",
                at: term.position, hint: "a number in \(clause) counts the selected items, from 1")
        }
        return expression
    }

    /// What the output named by `term` stands for, nil when there is no alias like it.
    func output(_ term: Expression, among outputs: [SelectItem]) -> Expression? {
        guard case .column(let column) = term.node else { return nil }
        let named = outputs.filter { $0.alias != nil }
        if let exact = named.first(where: { $0.alias == column.name }) { return exact.expression }
        guard !column.quoted else { return nil }
        let folded = column.name.asciiLowercased
        return named.first { $0.alias?.asciiLowercased == folded }?.expression
    }

    private func name(of column: ColumnName, at position: Int) throws(LakeError) -> String? {
        if let exact = byName[column.name] { return exact }
        guard !column.quoted, let similar = byFoldedName[column.name.asciiLowercased] else { return nil }
        guard let first = similar.first, similar.count == 1 else {
            throw statement.source.error(
                "'\(column.name)' can mean several columns", at: position,
                hint: "write one in double quotes: " + similar.map { "\"\($0)\"" }.joined(separator: ", "))
        }
        return first
    }

    private func unknown(_ column: ColumnName, at position: Int) -> LakeError {
        do throws(LakeError) {
            _ = try schema.requiredIndex(of: column.name, table: statement.table.name)
            return statement.source.error("no column '\(column.name)'", at: position)
        } catch {
            if column.name.unicodeScalars.contains(where: { "‘’“”".unicodeScalars.contains($0) }) {
                return statement.source.error(
                    error.message, at: position, hint: "text stands in straight quotes: 'text'")
            }
            let hint =
                column.quoted && error.hint?.hasPrefix("did you mean") != true
                ? "double quotes mark names; text goes in single quotes: '\(column.name)'" : error.hint
            return statement.source.error(error.message, at: position, hint: hint)
        }
    }
}
