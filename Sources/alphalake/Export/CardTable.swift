import LakeBytes
import LakeCore
import LakeQuery
import LakeShard
import LakeTable

/// A table of the lake at one version, and small answers about it.
struct CardTable {
    /// A value of an answer.
    enum Value {
        case null
        case integer(Int)
        case float(Double)
        case text(String)

        var integer: Int? { if case .integer(let value) = self { value } else { nil } }
        var float: Double? { if case .float(let value) = self { value } else { nil } }
        var text: String? { if case .text(let value) = self { value } else { nil } }
    }

    let name: String
    let manifest: Manifest
    /// What the versions up to this one say of themselves, the oldest first.
    let records: [VersionRecord]
    private let engine: QueryEngine
    private let names: Set<String>

    /// - Throws: `LakeError`: missing where the lake has no such table, or not at that version.
    init(_ name: String, of lake: Lake, at selector: VersionSelector, workers: Int) throws {
        let table = try lake.table(name)
        manifest = try table.manifest(at: selector)
        records = try table.log(upTo: manifest.version).reversed()
        self.name = name
        // All that is asked later is asked of this version, whatever becomes of the table meanwhile.
        let pinned: VersionSelector = if case .tag = selector { selector } else { .number(manifest.version) }
        engine = try ExportEngine.make(lake, at: pinned, workers: workers)
        names = Set(manifest.schema.fields.map(\.name))
    }

    /// Whether the table stores all of some columns.
    func has(_ columns: String...) -> Bool { columns.allSatisfy(names.contains) }

    /// The rows of an answer; `$TABLE` in the query is this table.
    func ask(_ sql: String) throws -> [[Value]] {
        let query = try engine.prepare(sql.replacing("$TABLE", with: "\"\(name)\""))
        var rows: [[Value]] = []
        try query.run(cancellation: Interruption.cancellation) { batch in
            for row in 0..<batch.count {
                rows.append(zip(batch.columns, query.columns).map { CardTable.value($0, row, $1.type) })
            }
        }
        return rows
    }

    /// How many rows have each value of a column, the most frequent first.
    func counts(of expression: String, limit: Int? = nil) throws -> [(value: String?, rows: Int)] {
        let cut = limit.map { " LIMIT \($0)" } ?? ""
        return try ask("SELECT \(expression) AS value, count(*) AS n FROM $TABLE GROUP BY 1 ORDER BY 2 DESC, 1\(cut)")
            .map {
                ($0[0].text, $0[1].integer ?? 0)
            }
    }

    /// How many rows have each element of a column of lists, the most frequent first; of equals the first by name.
    func counts(ofElementsOf column: String) throws -> [(value: String, rows: Int)] {
        var totals: [String: Int] = [:]
        for (list, rows) in try counts(of: "array_to_string(\(column), ' ')") {
            for element in Set((list ?? "").split(separator: " ")) { totals[String(element), default: 0] += rows }
        }
        return totals.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
    }

    /// The sums of the counts that versions state under keys with a prefix, by the rest of the key.
    func stated(_ prefix: String) -> [(key: String, count: Int)] {
        var totals: [String: Int] = [:]
        for record in records {
            for (key, value) in record.details where key.hasPrefix(prefix) {
                guard let count = Int(value) else { continue }
                let (sum, overflow) = totals[String(key.dropFirst(prefix.count)), default: 0].addingReportingOverflow(
                    count)
                totals[String(key.dropFirst(prefix.count))] = overflow ? .max : sum
            }
        }
        return totals.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// What the newest version that says anything under a key says.
    func latest(_ key: String) -> String? { records.last { $0.details[key] != nil }?.details[key] }

    private static func value(_ vector: ColumnVector, _ row: Int, _ type: DataType) -> Value {
        guard !vector.isNull(row) else { return .null }
        switch vector.values {
        case .codes(let codes, let dictionary): return value(dictionary.values, Int(codes[row]), type)
        case .integers(let values):
            return type == .date
                ? .text(CalendarText.date(Int32(truncatingIfNeeded: values[row]))) : .integer(Int(values[row]))
        case .floats(let values): return .float(values[row])
        case .bytes(let strings): return .text(strings.string(row))
        case .lists: return .null
        }
    }
}
