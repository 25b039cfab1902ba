import LakeBytes
import LakeCore
import Testing

@testable import LakeQuery

/// The first rows of an order, with what keys and statistics leave out, against all rows sorted.
@Suite struct OrderPruningTests {
    private static let fields: [(String, DataType)] = [
        ("person", .int64), ("weight", .float64), ("age", .utf8), ("born", .int64), ("answer", .utf8), ("seen", .int64),
        ("share", .float64), ("row", .int64),
    ]
    private static let names = fields.map(\.0)

    /// Some people, and rows of theirs in an order that favours nobody. Values are few, so that there are ties.
    private static func rows(_ count: Int, first: Int, seed: UInt64) -> [[Scalar]] {
        var chance = SplitMix64(seed: seed)
        let people = (0..<max(1, count / 40)).map { person -> [Scalar] in
            [
                .integer(Int64(first + person)),
                chance.below(9) == 0
                    ? .null : .float(chance.below(15) == 0 ? .nan : Double(chance.below(40)) / 4 - 3),
                chance.below(7) == 0
                    ? .null : .bytes(Array(["", "18-29", "30-49", "30-49 years", "a"][chance.below(5)].utf8)),
                chance.below(9) == 0 ? .null : .integer(Int64(chance.below(30)) - 15),
            ]
        }
        return (0..<count).map { row in
            people[chance.below(people.count)] + [
                .bytes(Array("answer \(chance.below(4))".utf8)),
                chance.below(8) == 0 ? .null : .integer(Int64((first + row) / 5_000 + chance.below(3))),
                chance.below(8) == 0 ? .null : .float(Double(chance.below(100))), .integer(Int64(first + row)),
            ]
        }
    }

    private static let parts: [[[Scalar]]] = [
        rows(3_000, first: 0, seed: 1), rows(70_000, first: 3_000, seed: 2), rows(10, first: 73_000, seed: 3),
        rows(9_000, first: 73_010, seed: 4),
    ]

    private static let tables = Result {
        let person = KeyGroup(name: "person", key: ["person"], columns: ["person", "weight", "age", "born"])
        let answer = KeyGroup(name: "answer", key: ["answer"], columns: ["answer"])
        return [try QueryTable(fields, parts, groups: [person, answer]), try QueryTable(fields, parts)]
    }

    private struct Case: CustomStringConvertible {
        var condition: String?
        var passes: @Sendable ([Scalar]) -> Bool = { _ in true }
        var description: String { condition.map { " WHERE " + $0 } ?? "" }
    }

    private static let cases: [Case] = [
        Case(), Case(),
        Case(condition: "age = '30-49'") { $0[2] == .bytes(Array("30-49".utf8)) },
        Case(condition: "answer = 'answer 1'") { $0[4] == .bytes(Array("answer 1".utf8)) },
        Case(condition: "answer = 'answer 1' AND age = 'a'") {
            $0[4] == .bytes(Array("answer 1".utf8)) && $0[2] == .bytes(Array("a".utf8))
        },
        Case(condition: "share > 97") { if case .float(let share) = $0[6] { share > 97 } else { false } },
        Case(condition: "share > 60 AND born < 0") {
            guard case .float(let share) = $0[6], case .integer(let born) = $0[3] else { return false }
            return share > 60 && born < 0
        },
        Case(condition: "person < 20") { if case .integer(let person) = $0[0] { person < 20 } else { false } },
        Case(condition: "seen = 1 OR weight > 6.5") {
            if case .float(let weight) = $0[1], weight > 6.5 || weight.isNaN { return true }
            return $0[5] == .integer(1)
        },
        Case(condition: "rowid >= 72000") { if case .integer(let row) = $0[7] { row >= 72_000 } else { false } },
    ]

    private static func order(_ chance: inout SplitMix64) -> [(text: String, column: Int, key: SortKey)] {
        let columns = ["weight", "age", "born", "seen", "share", "row", "weight", "age"]
        return (0...chance.below(3)).map { _ in
            let name = columns[chance.below(columns.count)]
            let (descending, nullsFirst) = (chance.below(2) == 0, chance.below(2) == 0)
            return (
                "\(name) \(descending ? "DESC" : "ASC") NULLS \(nullsFirst ? "FIRST" : "LAST")",
                names.firstIndex(of: name) ?? 0,
                SortKey(
                    expression: Expression(.literal(.null), at: 0), descending: descending, nullsFirst: nullsFirst)
            )
        }
    }

    @Test(arguments: 1...40) func likeAllRowsSorted(seed: Int) throws {
        var chance = SplitMix64(seed: UInt64(seed))
        let tables = try OrderPruningTests.tables.get()
        let terms = OrderPruningTests.order(&chance)
        let condition = OrderPruningTests.cases[chance.below(OrderPruningTests.cases.count)]
        let rows = OrderPruningTests.parts.joined().filter(condition.passes)
        let sorted = RowOrder(terms.map(\.key)).sorted(rows.map { row in (terms.map { row[$0.column] }, row) })
        let limit = [1, 3, 100, 1_000, 20_000, 100_000][chance.below(6)]
        let offset = chance.below(3) == 0 ? chance.below(300) : 0
        let order = terms.map(\.text).joined(separator: ", ")
        let sql = "SELECT row, weight, answer FROM t\(condition) ORDER BY \(order) LIMIT \(limit) OFFSET \(offset)"
        let expected = sorted.dropFirst(offset).prefix(limit).map { [$0[7], $0[1], $0[4]] }
        for (number, table) in tables.enumerated() {
            for workers in [1, 2] {
                let found = try table.rows(sql, workers: workers)
                #expect(text(found) == text(expected), "seed \(seed), table \(number), \(workers) workers: \(sql)")
            }
        }
    }

    /// NaN equals nothing, but its name does.
    private func text(_ rows: [[Scalar]]) -> [String] { rows.map { "\($0)" } }

    @Test func expressionsOfKeys() throws {
        let sql = "SELECT row FROM t WHERE born IS NOT NULL ORDER BY born * -0.5, row LIMIT 200"
        let rows = OrderPruningTests.parts.joined().compactMap { row -> (Int64, Int64)? in
            guard case .integer(let born) = row[3], case .integer(let number) = row[7] else { return nil }
            return (-born, number)
        }
        let expected = rows.sorted { $0 < $1 }.prefix(200).map { [Scalar.integer($0.1)] }
        for table in try OrderPruningTests.tables.get() { #expect(try table.rows(sql) == expected) }
    }

    @Test func byRowNumber() throws {
        for table in try OrderPruningTests.tables.get() {
            let found = try table.rows("SELECT row FROM t ORDER BY rowid DESC LIMIT 3 OFFSET 1")
            let last = OrderPruningTests.parts.joined().count
            #expect(found == (2...4).map { [Scalar.integer(Int64(last - $0))] })
        }
    }

    /// An error of the condition is not hidden by rows that are left out.
    @Test func errorsStay() throws {
        for table in try OrderPruningTests.tables.get() {
            #expect(throws: LakeError.self) {
                try table.rows("SELECT row FROM t WHERE 100 // (row - 100) > -200 ORDER BY weight DESC LIMIT 1")
            }
            #expect(throws: LakeError.self) { try table.rows("SELECT row FROM t ORDER BY 1 // born LIMIT 1") }
        }
    }

    private func chunksPruned(_ table: QueryTable, _ sql: String) throws -> Int {
        let rows = try table.rows("EXPLAIN ANALYZE " + sql)
        let pruned = rows.first {
            $0[0] == .bytes(Array("ran: pruned".utf8)) && "\($0[1].text ?? "")".contains("order")
        }
        if case .integer(let chunks)? = pruned?[3] { return Int(chunks) }
        return 0
    }

    @Test func analysisSaysSo() throws {
        let tables = try OrderPruningTests.tables.get()
        #expect(try chunksPruned(tables[0], "SELECT row FROM t ORDER BY weight DESC NULLS LAST, born LIMIT 1") > 0)
        #expect(try chunksPruned(tables[1], "SELECT row FROM t ORDER BY row DESC LIMIT 5") == 4)
        #expect(try chunksPruned(tables[1], "SELECT row FROM t ORDER BY row LIMIT 5") == 4)
    }
}

extension Scalar {
    fileprivate var text: String? {
        if case .bytes(let bytes) = self { String(decoding: bytes, as: UTF8.self) } else { nil }
    }
}
