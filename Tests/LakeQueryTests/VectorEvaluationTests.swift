import LakeBytes
import LakeCore
import Testing

@testable import LakeQuery

/// Expressions over whole vectors give what they give place by place.
@Suite struct VectorEvaluationTests {
    private static let types: [DataType] = [.int64, .float64, .utf8, .bool, .int64, .utf8]

    /// Fields 0...3 plain, 4 and 5 dictionary-coded, a quarter of all values NULL.
    private static func fields(_ chance: inout SplitMix64, count: Int) -> FieldVectors {
        var vectors: [Int: ColumnVector] = [:]
        for (field, type) in types.enumerated() {
            let scalars = (0..<count).map { _ -> Scalar in
                guard chance.below(4) > 0 else { return .null }
                switch type {
                case .int64: return .integer(Int64(chance.below(7)) - 2)
                case .float64: return .float([0, -0.0, 1, 2.5, .nan, .infinity, -3][chance.below(7)])
                case .bool: return .bool(chance.below(2) == 0)
                default: return .bytes(Array(["", "a", "ab", "é", "zz"][chance.below(5)].utf8))
                }
            }
            let vector = ColumnVector.of(scalars, type)
            vectors[field] = field < 4 ? vector : vector.coded()
        }
        return FieldVectors(vectors, count: count)
    }

    private static func number(_ chance: inout SplitMix64, depth: Int) -> Bound {
        if depth > 0, chance.below(4) > 0 {
            let (a, b) = (number(&chance, depth: depth - 1), number(&chance, depth: depth - 1))
            let all: [Expression.Arithmetic] = [.add, .subtract, .multiply, .divide, .integerDivide, .remainder]
            let arithmetic = all[chance.below(all.count)]
            let isInteger = a.type?.physical == .integer && b.type?.physical == .integer && arithmetic != .divide
            return .arithmetic(arithmetic, a, b, isInteger ? .int64 : .float64)
        }
        switch chance.below(5) {
        case 0: return .constant(.integer(Int64(chance.below(5)) - 2), .int64)
        case 1: return .constant(.float(Double(chance.below(5)) / 2), .float64)
        default: return [Bound.field(0, .int64), .field(1, .float64), .field(4, .int64)][chance.below(3)]
        }
    }

    private static func condition(_ chance: inout SplitMix64, depth: Int) -> Bound {
        if depth > 0, chance.below(4) > 0 {
            let terms = (0..<(2 + chance.below(2))).map { _ in condition(&chance, depth: depth - 1) }
            return [.and(terms), .or(terms), .not(terms[0]), .isNull(terms[1])][chance.below(4)]
        }
        let comparisons: [Expression.Comparison] = [
            .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .distinct, .notDistinct,
        ]
        let comparison = comparisons[chance.below(comparisons.count)]
        let texts: [Bound] = [.field(2, .utf8), .field(5, .utf8), .constant(.bytes(Array("ab".utf8)), .utf8)]
        switch chance.below(6) {
        case 0: return .field(3, .bool)
        case 1: return .comparison(comparison, texts[chance.below(3)], texts[chance.below(3)])
        case 2: return .like(texts[chance.below(3)], pattern: .ending(with: Array("b".utf8)))
        case 3:
            return .inSet(
                number(&chance, depth: 1), ConstantSet([.integer(1), .float(2.5), .float(0)]),
                hasNull: chance.below(2) == 0)
        default: return .comparison(comparison, number(&chance, depth: 1), number(&chance, depth: 1))
        }
    }

    @Test func likePlaceByPlace() throws {
        var chance = SplitMix64(seed: 5)
        for number in 0..<4_000 {
            let fields = VectorEvaluationTests.fields(&chance, count: [0, 1, 70, 200][chance.below(4)])
            let bound =
                number % 2 == 0
                ? VectorEvaluationTests.condition(&chance, depth: 3) : VectorEvaluationTests.number(&chance, depth: 3)
            let expected = try? (0..<fields.count).map { place in
                try bound.evaluate { part in
                    guard case .field(let field, let type) = part else { return .null }
                    return fields.scalar(field, type, at: place)
                }
            }
            guard let expected else {
                // Division by zero, reached in both.
                #expect(throws: LakeError.self, "\(number): \(bound)") { try bound.vector(over: fields) }
                continue
            }
            let vector = try bound.vector(over: fields)
            let found = (0..<vector.count).map { vector.scalar($0, bound.type ?? .int64) }
            #expect(found == expected, "\(number): \(bound)")
        }
    }

    @Test func whatIsNotReachedCannotFail() throws {
        let texts = ColumnVector(.bytes(ByteStrings(["1", "x", "22", "1"])))
        let number = Bound.cast(.field(0, .utf8), .int64)
        let isNumber = Bound.comparison(.notEqual, .field(0, .utf8), .constant(.bytes(Array("x".utf8)), .utf8))
        let isLarge = Bound.comparison(.greater, number, .constant(.integer(9), .int64))
        for vector in [texts, texts.coded()] {
            let fields = FieldVectors([0: vector], count: 4)
            #expect(try Bound.and([isNumber, isLarge]).truth(over: fields).trues.positions == [2])
            #expect(try Bound.or([.not(isNumber), isLarge]).truth(over: fields).trues.positions == [1, 2])
            #expect(throws: LakeError.self) { try isLarge.truth(over: fields) }
        }
    }

    @Test func valuesThatDoNotOccurCannotFail() throws {
        let dictionary = ValueDictionary(["x", "7", "8"])
        let fields = FieldVectors([0: ColumnVector(.codes([1, 1, 3, 1], dictionary: dictionary))], count: 4)
        let vector = try Bound.cast(.field(0, .utf8), .int64).vector(over: fields)
        guard case .codes(let codes, let values) = vector.values else {
            Issue.record("not coded")
            return
        }
        #expect(codes == [0, 0, 1, 0])
        #expect(values.count == 1)
        #expect(vector.scalar(0, .int64) == .integer(7))
    }

    @Test func integerOverflowIsAnErrorOnlyWhereThereAreValues() throws {
        let sum = Bound.arithmetic(.add, .field(0, .int64), .constant(.integer(1), .int64), .int64)
        var validity = Bitmap(count: 3, filled: true)
        let values = ColumnVector.Values.integers([1, 2, .max])
        #expect(throws: LakeError.self) { try sum.vector(over: FieldVectors([0: ColumnVector(values)], count: 3)) }
        validity[2] = false
        let vector = try sum.vector(over: FieldVectors([0: ColumnVector(values, validity: validity)], count: 3))
        #expect((0..<3).map { vector.scalar($0, .int64) } == [.integer(2), .integer(3), .null])
    }
}
