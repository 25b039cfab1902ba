import LakeBytes
import LakeCore
import LakeShard
import LakeTable

/// How a query is going to be run, found out by planning it for every shard as a run does.
struct Explanation {
    let query: PreparedQuery
    private(set) var steps: [ExplainedStep] = []
    private let cancellation: Cancellation

    init(_ query: PreparedQuery, _ cancellation: Cancellation) throws {
        self.query = query
        self.cancellation = cancellation
        let shards = query.snapshot.shards
        let bytes = shards.reduce(0) { $0 + $1.bytes }
        steps.append(
            ExplainedStep(
                "table", "\(query.snapshot.table.name), version \(query.snapshot.manifest.version)",
                shards: shards.count, chunks: shards.reduce(0) { $0 + Explanation.chunks($1) },
                rows: shards.reduce(0) { $0 + $1.liveRows }, bytes: bytes))
        try explainConditions()
        try explainPruning()
        explainSample()
        switch query.plan {
        case .groups(let plan):
            try explainGroups(plan.terms, plan.aggregates)
            explainOrder(plan.order.isEmpty)
        case .rows(let outputs, let order):
            explainColumns(outputs + order.map(\.0))
            explainOrder(order.isEmpty)
        }
    }

    /// A shard, opened for planning, unless nobody waits for the plan any more.
    private func scan(_ shard: ShardEntry) throws -> ShardScan {
        try cancellation.check()
        return try query.scan(shard)
    }

    private static func chunks(_ shard: ShardEntry) -> Int {
        (shard.rows + ShardFormat.chunkRows - 1) / ShardFormat.chunkRows
    }

    /// Each condition of WHERE on its own: where it is decided and how many rows it lets pass.
    private mutating func explainConditions() throws {
        guard let predicate = query.predicate, let written = query.statement.predicate else { return }
        var terms = [predicate]
        var names = [written.description]
        if case .all(let all) = predicate, case .and(let parts) = written.node, all.count == parts.count {
            (terms, names) = (all, parts.map(\.description))
        }
        for (term, name) in zip(terms, names) {
            var ways: [String: Int] = [:]
            var rows: Int? = 0
            for shard in query.snapshot.shards {
                let access = try RowSelection.access(term, try scan(shard))
                ways[access.way, default: 0] += 1
                rows = rows.flatMap { sum in access.rows.map { sum + $0 } }
            }
            let way = Explanation.listed(ways)
            steps.append(ExplainedStep("where", "\(name): \(way)", rows: rows))
        }
    }

    private mutating func explainPruning() throws {
        guard query.predicate != nil else { return }
        var left: [ShardEntry] = []
        for shard in query.snapshot.shards {
            let scan = try scan(shard)
            let condition = try ShardCondition(query.predicate, scan: scan)
            if try !RowSelection(condition, scan: scan).isEmpty { left.append(shard) }
        }
        steps.append(
            ExplainedStep(
                "shards", "those where a row can pass", shards: left.count,
                chunks: left.reduce(0) { $0 + Explanation.chunks($1) }, rows: left.reduce(0) { $0 + $1.liveRows },
                bytes: left.reduce(0) { $0 + $1.bytes }))
    }

    private mutating func explainSample() {
        guard let sample = query.sample else { return }
        let names = query.statement.sample?.per.map(\.description).joined(separator: ", ") ?? ""
        let each = names.isEmpty ? "" : " of each \(names)"
        steps.append(ExplainedStep("sample", "\(sample.rows) rows\(each), those of the least hashes"))
    }

    private mutating func explainGroups(_ terms: [Bound], _ aggregates: [BoundAggregate]) throws {
        var ways: [String: Int] = [:]
        for shard in query.snapshot.shards {
            let aggregation = try ShardAggregation(
                scan: try scan(shard), predicate: query.predicate, groups: terms, aggregates: aggregates)
            if let way = aggregation.way { ways[way, default: 0] += 1 }
        }
        let shards = ways.values.reduce(0, +)
        let statement = query.statement
        let written = statement.isAggregate ? statement.groupBy : statement.items.compactMap(\.expression)
        let names = written.map(\.description).joined(separator: ", ")
        let what = names.isEmpty ? "into one group" : "by \(names)"
        steps.append(ExplainedStep("group", "\(what): \(Explanation.listed(ways))", shards: shards))
    }

    private mutating func explainColumns(_ outputs: [Bound]) {
        let fields = outputs.reduce(into: Set<Int>()) { $0.formUnion($1.fields) }
        let names = fields.sorted().map { query.schema.fields[$0].name }.joined(separator: ", ")
        steps.append(ExplainedStep("read", names.isEmpty ? "no column" : "\(names), for selected rows only"))
    }

    private mutating func explainOrder(_ isUnordered: Bool) {
        let statement = query.statement
        if !isUnordered {
            let keys = statement.orderBy.map { $0.expression.description + ($0.descending ? " DESC" : "") }
            let kept = statement.limit.map { $0.addingReportingOverflow(statement.offset) }
            let way = kept.map { $0.overflow ? "all rows are sorted" : "the first \($0.partialValue) are kept" }
            steps.append(ExplainedStep("order", "by \(keys.joined(separator: ", ")): \(way ?? "all rows are sorted")"))
        }
        if statement.limit != nil || statement.offset > 0 {
            let limit = statement.limit.map { "\($0) rows" } ?? "all rows"
            steps.append(ExplainedStep("limit", statement.offset > 0 ? "\(limit) behind \(statement.offset)" : limit))
        }
    }

    /// `keys of respondent (20 shards), no row (1 shard)`; without numbers when it is the same everywhere.
    private static func listed(_ ways: [String: Int]) -> String {
        if ways.count <= 1 { return ways.keys.first ?? "no shard" }
        return ways.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { "\($0.key) (\($0.value) shard\($0.value == 1 ? "" : "s"))" }.joined(separator: ", ")
    }
}
