import LakeBytes
import LakeCore
import Testing

@testable import LakeQuery

/// Functions and operators give what DuckDB gives, however their columns are held.
@Suite struct FunctionTests {
    static let schema: [(String, DataType)] = [
        ("s", .utf8), ("n", .int64), ("x", .float64), ("d", .date), ("t", .timestamp), ("l", .list(.int64)),
        ("w", .list(.utf8)), ("f", .float32), ("b", .bool),
    ]

    static func bind(_ sql: String) throws -> Bound {
        let fields = schema.enumerated().map { Field(id: $0 + 1, name: $1.0, type: $1.1) }
        let schema = try Schema(fields: fields)
        let statement = try SelectStatement(parsing: "SELECT \(sql) FROM r").resolved(against: schema)
        var binder = Binder(schema: schema, source: statement.source)
        return try binder.bind(statement.items[0].expression ?? Expression(.literal(.null), at: 0))
    }

    /// The table of the cases: the last row but one is all NULL.
    static func rows(coded: Bool) -> FieldVectors {
        func text(_ value: String?) -> Scalar { value.map { .bytes(Array($0.utf8)) } ?? .null }
        let columns: [Int: ColumnVector] = [
            0: .of(["Hello World", "héllo", "", nil, "a_b%c"].map(text), .utf8),
            1: .of([.integer(7), .integer(-7), .integer(0), .null, .integer(1250)], .int64),
            2: .of([.float(2.5), .float(-0.5), .float(.nan), .null, .float(-3.75)], .float64),
            3: .of(
                ["2020-02-29", "1969-12-31", "2021-01-01", nil, "1600-02-29"].map { date in
                    date.flatMap { CalendarText.days(parsing: $0) }.map { .integer(Int64($0)) } ?? .null
                }, .date),
            4: .of(
                [
                    "2020-05-17 11:22:33.456789", "1969-12-31 23:59:59.5", "2000-01-01", nil, "2021-01-03 00:00:01",
                ].map { time in time.flatMap { CalendarText.micros(parsing: $0) }.map { .integer($0) } ?? .null },
                .timestamp),
            7: .of([.float(Double(Float(0.1))), .float(1.5), .float(-2), .null, .float(3.25)], .float32),
            8: .of([.bool(true), .bool(false), .null, .null, .bool(true)], .bool),
        ]
        var fields = FieldVectors(coded ? columns.mapValues { $0.coded() } : columns, count: 5)
        var validity = Bitmap(count: 5, filled: true)
        validity[3] = false
        let numbers = ColumnVector.of(
            [.integer(1), .integer(2), .integer(3), .null, .integer(2), .integer(5)], .int64)
        let words = ColumnVector.of(["a", "b", "b", nil, "é"].map(text), .utf8)
        fields.vectors[5] = ColumnVector(
            .lists(offsets: [0, 3, 3, 5, 5, 6], child: ListChild(coded ? numbers.coded() : numbers)), validity: validity
        )
        fields.vectors[6] = ColumnVector(
            .lists(offsets: [0, 2, 3, 3, 3, 5], child: ListChild(coded ? words.coded() : words)), validity: validity)
        return fields
    }

    /// A case a line, or the values on a line of their own where both are long.
    private static let cases = FunctionCases.all.replacing("\n=> ", with: " => ").split(separator: "\n").map { line in
        let parts = line.split(separator: " => ", maxSplits: 1)
        let values = parts[1].replacing(" ¦ ", with: "¦").split(separator: "¦", omittingEmptySubsequences: false)
        return (sql: String(parts[0]), values: values.map(String.init))
    }

    @Test(arguments: [false, true]) func likeDuckDB(coded: Bool) throws {
        let rows = FunctionTests.rows(coded: coded)
        for (sql, expected) in FunctionTests.cases {
            do {
                let bound = try FunctionTests.bind(sql)
                let vector = try bound.vector(over: rows)
                let found = (0..<5).map { vector.scalar($0, bound.type ?? .int64).text(as: bound.type ?? .int64) }
                #expect(found.map(FunctionTests.plain) == expected.map(FunctionTests.plain), "\(sql)")
            } catch {
                Issue.record("\(sql): \(error)")
            }
        }
    }

    /// Numbers are compared as numbers, to a relative 1e-12: `8` is `8.0`.
    private static func plain(_ text: String) -> String {
        guard let number = Double(text), number.isFinite else { return text == "-nan" ? "nan" : text }
        return number == 0 ? "0" : String(Float(number)) + (number.magnitude < 1e9 ? "" : String(Int64(number)))
    }

    @Test func likeRowByRow() throws {
        let rows = FunctionTests.rows(coded: true)
        for (sql, _) in FunctionTests.cases {
            let bound = try FunctionTests.bind(sql)
            if bound.fields.contains(5) || bound.fields.contains(6) { continue }
            let vector = try bound.vector(over: rows)
            for row in 0..<5 {
                let value = try bound.evaluate { part in
                    guard case .field(let field, let type) = part else { return .null }
                    return rows.scalar(field, type, at: row)
                }
                #expect(vector.scalar(row, bound.type ?? .int64) == value, "\(sql), row \(row)")
            }
        }
    }

    @Test func writtenAgainTheyMeanTheSame() throws {
        for (sql, _) in FunctionTests.cases {
            let statement = try SelectStatement(parsing: "SELECT \(sql) FROM r")
            let expression = try #require(statement.items[0].expression)
            let again = try SelectStatement(parsing: "SELECT \(expression) FROM r")
            #expect(again.items[0].expression == expression, "\(sql) as \(expression)")
        }
    }

    @Test(arguments: [
        "n // 0", "n % 0", "x // 0", "9223372036854775807 + n", "-9223372036854775808 - n",
        "abs(-9223372036854775808 + 0 * n)",
        "make_date(2020, 2, 30)", "make_date(2020, n, 1)", "repeat('0123456789', 100000000)", "lpad(s, 20, '')",
        "chr(-1)",
        "regexp_matches(s, '[' || s)", "d + 99999999999", "CAST(s AS INTEGER)", "d + interval '300000 years'",
        "s LIKE s || '!' ESCAPE '!'", "CASE WHEN n > 0 THEN n // 0 END",
    ])
    func failsOnValuesWithACaret(_ sql: String) throws {
        let bound = try FunctionTests.bind(sql)
        do {
            _ = try bound.vector(over: FunctionTests.rows(coded: false))
            Issue.record("\(sql) gave an answer")
        } catch let error as LakeError {
            #expect(error.code == .failed)
            #expect(error.hint != nil)
            #expect(error.message.hasSuffix("^"), "\(error)")
        }
    }
}
