import LakeCore

/// Functions that people know from elsewhere, and what to write here.
extension FunctionTable {
    static func absent(_ call: FunctionCall) -> LakeError {
        let names = byName.keys.sorted() + AggregateCall.Function.allCases.map(\.rawValue)
        let hint = reasons[call.name] ?? suggestion(for: call.name, among: names)
        return call.refuse("no function '\(call.name)'", hint: hint ?? "Schemas/SQL.md lists the functions")
    }

    /// Why a function is left out, or what stands for it.
    private static let reasons: [String: String] = {
        let clock = "the same query must give the same answer tomorrow: write the moment itself, TIMESTAMP '2026-01-31'"
        let chance = "the same query must give the same answer again; TABLESAMPLE rows(100) draws rows"
        let groups: [(names: [String], reason: String)] = [
            (["random", "rand", "uuid", "gen_random_uuid", "setseed"], chance),
            (
                [
                    "now", "today", "get_current_timestamp", "transaction_timestamp", "clock_timestamp", "age",
                    "getdate", "sysdate", "curdate",
                ], clock
            ),
            (
                [
                    "row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "lag", "lead", "ntile",
                    "first_value", "last_value", "nth_value", "unnest", "generate_series", "string_agg", "group_concat",
                    "listagg", "array_agg", "list", "histogram", "corr", "regr_slope", "arg_min", "arg_max", "min_by",
                    "max_by",
                ], SelectParser.exportHint
            ),
            (["nvl", "isnull"], "coalesce(x, other) replaces NULL; x IS NULL asks for it"),
            (["if", "iif", "decode"], "CASE WHEN condition THEN a ELSE b END"),
            (["try_cast", "safe_cast"], "CASE WHEN x ~ '^[0-9]+$' THEN CAST(x AS BIGINT) END is NULL for other texts"),
            (["to_char", "format_date", "date_format"], "strftime(moment, '%Y-%m-%d')"),
            (["to_date", "to_timestamp", "str_to_date", "strptime"], "CAST(text AS DATE) reads 2020-12-31"),
            (["to_number", "int", "integer", "float", "double"], "CAST(x AS BIGINT), CAST(x AS DOUBLE)"),
            (["date_add", "dateadd"], "moment + INTERVAL '1 month'"),
            (["date_sub", "datesub"], "moment - INTERVAL '1 month'; date_diff('day', a, b) counts"),
            (["charindex", "locate"], "strpos(text, part)"),
            (["regexp_like", "rlike"], "regexp_matches(text, pattern), or text ~ pattern"),
            (["regexp_substr"], "regexp_extract(text, pattern)"),
            (["mean", "average"], "avg(x)"), (["std"], "stddev(x)"), (["first"], "any_value(x)"),
            (["last"], "max(x), or ORDER BY and LIMIT"),
            (
                ["count_if", "countif", "sum_if", "sumif"],
                "aggregates take FILTER: count(*) FILTER (WHERE condition), sum(x) FILTER (WHERE condition)"
            ),
            (["approx_count_distinct", "approx_distinct", "count_distinct"], "count(DISTINCT x)"),
            (["approx_quantile", "percentile"], "quantile_cont(x, 0.9)"),
        ]
        return Dictionary(
            groups.flatMap { group in group.names.map { ($0, group.reason) } }, uniquingKeysWith: { first, _ in first })
    }()
}
