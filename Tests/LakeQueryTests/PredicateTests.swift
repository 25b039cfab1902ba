import LakeBytes
import LakeCore
import LakeShard
import LakeTable
import Testing

@testable import LakeQuery

/// Conditions of all shapes, decided by the engine and row by row.
@Suite struct PredicateTests {
    private static let rows = 300

    private static func schema(groups: Bool) throws -> Schema {
        try Schema(
            fields: [
                Field(id: 1, name: "k", type: .int64), Field(id: 2, name: "d", type: .int64),
                Field(id: 3, name: "x", type: .float64), Field(id: 4, name: "f", type: .bool),
            ], keyGroups: groups ? [KeyGroup(name: "key", key: ["k"], columns: ["k", "d"])] : [])
    }

    private static let values: [[Scalar]] = (0..<rows).map { row in
        var chance = SplitMix64(seed: UInt64(row))
        let key = chance.below(9)
        return [
            key == 8 ? .null : .integer(Int64(key)), key == 4 ? .null : .integer(Int64(key % 3)),
            chance.below(5) == 0 ? .null : .float([0, -0.0, 1, 2.5, .nan, .infinity, -3][chance.below(7)]),
            chance.below(3) == 0 ? .null : .bool(chance.below(2) == 0),
        ]
    }

    private static func condition(_ chance: inout SplitMix64, depth: Int) -> Bound {
        if depth > 0, chance.below(5) > 0 {
            let terms = (0..<(2 + chance.below(2))).map { _ in condition(&chance, depth: depth - 1) }
            return [.and(terms), .or(terms), .not(terms[0])][chance.below(3)]
        }
        let types: [DataType] = [.int64, .int64, .float64, .bool]
        let field = chance.below(4)
        let column = Bound.field(field, types[field])
        if field == 3 { return [column, .isNull(column)][chance.below(2)] }
        let number = Int64(chance.below(5)) - 1
        let constants: [Bound] = [
            .constant(.integer(number), .int64), .constant(.float(Double(number) / 2), .float64),
            .constant(.null, .int64), .constant(.integer(.min), .int64), .constant(.float(.nan), .float64),
        ]
        let constant = constants[chance.below(constants.count)]
        switch chance.below(4) {
        case 0: return .isNull(column)
        case 1: return .inList(column, [constant, constants[0], constants[chance.below(2)]])
        default:
            let comparisons: [Expression.Comparison] = [
                .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .distinct, .notDistinct,
            ]
            let other = chance.below(3) == 0 ? Bound.field(chance.below(3), .int64) : constant
            return .comparison(comparisons[chance.below(comparisons.count)], column, other)
        }
    }

    /// Conditions on divisors that are 0 in some rows, which others keep from being reached.
    private static let guarded: [Bound] = {
        let zero = Bound.constant(.integer(0), .int64)
        let quotient = Bound.arithmetic(
            .integerDivide, .constant(.integer(9), .int64), .field(0, .int64), .int64)
        let isLarge = Bound.comparison(.greater, quotient, .field(1, .int64))
        let isZero = Bound.comparison(.equal, .field(0, .int64), zero)
        return [
            .and([.not(isZero), isLarge]), .not(.or([isZero, isLarge])), .or([isZero, isLarge]),
            .and([.field(3, .bool), .or([isZero, isLarge])]), .not(.and([.not(isZero), isLarge])),
        ]
    }()

    @Test(arguments: [false, true]) func likeRowByRow(groups: Bool) throws {
        let schema = try PredicateTests.schema(groups: groups)
        let directory = try QueryDirectory()
        let table = try Lake.create(at: directory.path + "/lake").createTable("t", schema: schema)
        let writer = TableWriter(table: table, schema: schema)
        let columns = schema.fields.indices.map { field in
            ColumnVector.of(PredicateTests.values.map { $0[field] }, schema.fields[field].type)
        }
        try writer.append(Batch(count: PredicateTests.rows, columns: columns))
        _ = try table.commit(.append(try writer.finish()), over: try table.manifest())
        let query = try QueryEngine(lake: Lake.open(at: directory.path + "/lake")).prepare("SELECT k FROM t")
        let scan = try query.scan(query.snapshot.shards[0])
        var chance = SplitMix64(seed: 1)
        let random = (0..<1_500).map { _ in PredicateTests.condition(&chance, depth: 3) }
        for (number, condition) in (random + PredicateTests.guarded).enumerated() {
            let selection = try RowSelection(ShardCondition(Predicate(condition), scan: scan), scan: scan)
            let found = try selection.rows(ofChunk: 0, keys: ChunkKeys(scan.reader, chunk: 0))?.positions ?? []
            let expected = try PredicateTests.values.indices.filter { row in
                try condition.evaluate { part in
                    if case .field(let field, _) = part { PredicateTests.values[row][field] } else { .null }
                } == .bool(true)
            }
            #expect(found.map { Int($0) } == expected, "condition \(number): \(condition)")
        }
    }
}
