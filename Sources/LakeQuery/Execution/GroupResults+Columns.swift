import LakeBytes
import LakeCore

extension GroupResults {
    /// Whether a row of the result is nothing but values of keys and aggregates, so that whole columns can be handed on.
    var isPlain: Bool {
        guard plan.having == nil, plan.minimumCell == 0, !plan.isDistinct else { return false }
        return (plan.outputs + plan.order.map(\.0)).allSatisfy { bound in
            switch bound {
            case .group(let term, _): set.contains(term)
            case .aggregate: true
            default: false
            }
        }
    }

    /// The outputs of a table's groups, behind them the values of ORDER BY, and the bytes that they take.
    func columns(_ table: GroupTable) throws -> (made: [ColumnVector], bytes: Int) {
        var known: [Bound: ColumnVector] = [:]
        let columns = try (plan.outputs + plan.order.map(\.0)).map { bound in
            if let column = known[bound] { return column }
            let column = try column(bound, table)
            known[bound] = column
            return column
        }
        return (columns, columns.reduce(0) { $0 + $1.byteCount })
    }

    private func column(_ bound: Bound, _ table: GroupTable) throws -> ColumnVector {
        switch bound {
        case .group(let term, let type):
            guard let place = set.firstIndex(of: term) else { return .nulls(table.count, of: type) }
            return table.keys.column(place).vector(type)
        case .aggregate(let index, let type):
            if let counts = try table.accumulators[index].wholeCounts(cancellation) {
                return ColumnVector(.integers(counts))
            }
            var results = try table.accumulators[index].results(cancellation)
            if let totals = totals[index] { results = try totals.shares(results, table.keys.columns, cancellation) }
            return .of(results, type)
        default: return .nulls(table.count, of: .int64)
        }
    }
}

extension KeyColumn {
    /// The values as a column of a result.
    func vector(_ type: DataType) -> ColumnVector {
        switch values {
        case .texts(let numbers, let strings):
            let dictionary = ValueDictionary(ColumnVector(.bytes(strings)))
            return ColumnVector(.codes(numbers, dictionary: dictionary)).spelledOut()
        case .words(let words):
            var known = nulls
            if var bits = nulls {
                for word in bits.words.indices { bits.words[word] = ~bits.words[word] }
                known = Bitmap(words: bits.words, count: bits.count)
            }
            if type.physical == .float {
                return ColumnVector(.floats(words.map { Double(bitPattern: $0) }), validity: known)
            }
            return ColumnVector(.integers(words.map { Int64(bitPattern: $0) }), validity: known)
        }
    }
}
