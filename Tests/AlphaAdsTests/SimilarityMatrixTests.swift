import LakeBytes
import LakeCore
import Testing

@testable import AlphaAds

@Suite struct SimilarityMatrixTests {
    private func matrix(_ groups: [String], _ values: [Double?]) -> SimilarityMatrix {
        SimilarityMatrix(groups: groups, pairs: values.map { Correlation($0, n: 100) })
    }

    private func lists(_ rows: [[Double]?], size: Int) -> ColumnVector {
        var validity = Bitmap(count: rows.count)
        for (index, row) in rows.enumerated() where row != nil { validity.fill(index..<(index + 1)) }
        let values = rows.flatMap { $0 ?? [Double](repeating: 0, count: size) }
        return ColumnVector(
            .lists(offsets: (0...rows.count).map { $0 * size }, child: ListChild(ColumnVector(.floats(values)))),
            validity: validity)
    }

    @Test func pairsAreFoundInEitherOrder() {
        let four = matrix(["a", "b", "c", "d"], [1, 2, 3, 4, 5, 6])
        #expect(four[0, 1]?.value == 1)
        #expect(four[3, 0]?.value == 3)
        #expect(four[2, 1]?.value == 4)
        #expect(four[2, 3]?.value == 6)
        #expect(four[2, 2] == nil)
        #expect(four[0, 4] == nil)
        #expect(four.positions.map(\.a) == [0, 0, 0, 1, 1, 2])
        #expect(four.square(diagonal: { _ in 0 }, pair: { $0.value ?? -1 })[1] == [1, 0, 4, 5])
        #expect(matrix(["a"], []).positions.isEmpty)
        #expect(matrix(["a", "b", "c"], [1]).pairs.count == 3, "what is not given has no value")
    }

    @Test func rankingLeavesOutWhatIsNotKnown() {
        let ranked = matrix(["a", "b", "c"], [0.2, nil, 0.9]).ranked
        #expect(ranked.map(\.a) == [1, 0])
        #expect(ranked.map(\.b) == [2, 1])
        #expect(matrix(["a", "b", "c"], [nil, nil, nil]).range == nil)
    }

    @Test func blocksStandTogether() {
        // a, c, e are alike, and so are b, d, f.
        let groups = ["a", "b", "c", "d", "e", "f"]
        var values: [Double?] = []
        for a in 0..<6 { for b in (a + 1)..<6 { values.append((a - b) % 2 == 0 ? 0.8 - 0.01 * Double(b) : 0.1) } }
        let order = matrix(groups, values).blockOrder
        #expect(Set(order[..<3].map { $0 % 2 }).count == 1)
        #expect(Set(order[3...].map { $0 % 2 }).count == 1)
        #expect(order.sorted() == Array(0..<6))
        values[0] = nil
        #expect(matrix(groups, values).blockOrder.sorted() == Array(0..<6))
        #expect(matrix(["a", "b", "c"], [nil, nil, nil]).blockOrder == [0, 1, 2])
    }

    /// Expected values are scipy's.
    @Test func comparison() {
        let groups = ["a", "b", "c", "d"]
        let behaviour = matrix(groups, [0.8, 0.1, -0.2, 0.3, 0.0, 0.6])
        let both = MatrixComparison(behaviour, matrix(groups, [0.97, 0.93, 0.94, 0.95, 0.92, 0.96]))
        #expect(both.pairs == 6)
        #expect(((both.pearson.value ?? 0) - 0.8490943891635057).magnitude < 1e-12)
        #expect(((both.pearson.interval?.lowerBound ?? 0) - 0.12072100464421236).magnitude < 1e-12)
        #expect(((both.pearson.interval?.upperBound ?? 0) - 0.9831646480972416).magnitude < 1e-12)
        #expect(((both.spearman.value ?? 0) - 0.8285714285714287).magnitude < 1e-12)
        let few = MatrixComparison(behaviour, matrix(groups, [0.97, 0.93, 0.94, nil, nil, nil]))
        #expect(few.pairs == 3 && few.pearson.value != nil && few.pearson.interval == nil)
    }

    @Test func statesAndCensusRegions() throws {
        let states = Census.standard.states
        var shares = [Double](repeating: 0, count: 51)
        var normalised = shares
        for (state, share, part) in [("California", 0.5, 0.25), ("Texas", 0.25, 0.5), ("Utah", 0.25, 0.25)] {
            let place = try #require(states.firstIndex(of: state))
            (shares[place], normalised[place]) = (share, part)
        }
        let region = BehaviourCells(axis: .region, measure: .spearman)
        let columns = [lists([normalised, nil], size: 51), lists([shares, shares], size: 51)]
        let cells = try region.cells(columns, count: 2)
        #expect(cells.filter { $0 != BehaviourColumns.absent } == [250_000, 500_000, 250_000])
        #expect(cells[51...].allSatisfy { $0 == BehaviourColumns.absent }, "an ad without shares reached nobody")
        let pooled = BehaviourCells(axis: .censusRegion, measure: .spearman)
        let west = 0.75 / 78_588_572
        let south = 0.25 / 126_266_107
        let expected = [south, west].map { UInt32(($0 / (south + west) * 1e6).rounded()) }
        let none = BehaviourColumns.absent
        #expect(try pooled.cells([columns[1]], count: 1) == [none, none] + expected)
        #expect(throws: LakeError.self) { try region.cells([columns[1], lists([[1]], size: 1)], count: 1) }
        shares[0] = 7
        #expect(throws: LakeError.self) {
            try region.cells([lists([shares], size: 51), lists([shares], size: 51)], count: 1)
        }
    }

    @Test func surveyAgeGroups() throws {
        // Half of 25-34 counts as 18-29, half as 30-49.
        var shares = [Double](repeating: 0, count: 24)
        (shares[3 * 2], shares[3 * 6 + 1], shares[3 * 0], shares[3 * 2 + 2]) = (0.6, 0.2, 0.1, 0.1)
        let cells = try BehaviourCells(axis: .surveyAgeGender, measure: .spearman)
            .cells([lists([shares], size: 24)], count: 1)
        let people = Census.standard.cellPopulations
        let young = 0.3 / (people[2] + 0.5 * people[4])
        let middle = 0.3 / (0.5 * people[4] + people[6] + 0.5 * people[8])
        let old = 0.2 / people[13]
        let total = young + middle + old
        let expected = [young, middle, old].map { UInt32(($0 / total * 1e6).rounded()) }
        #expect([cells[0], cells[2], cells[7]] == expected)
        #expect(cells.count { $0 != BehaviourColumns.absent } == 3)
        let ranks = try BehaviourCells(axis: .surveyAgeGender, measure: .paperFormula)
            .cells([lists([shares], size: 24)], count: 1)
        #expect([ranks[0], ranks[2], ranks[7]] == [1, 3, 2].map { UInt32($0) })
    }

    @Test func adsOfOneGroupTakeNoRoom() throws {
        var columns = BehaviourColumns(axis: .gender, measure: .spearman, capacity: 40)
        let none = BehaviourColumns.absent
        let both = (0..<15).flatMap { [UInt32(1000 * $0), UInt32(1_000_000 - 1000 * $0)] }
        try columns.append([5, none, none, 7] + both + [none, none])
        #expect(columns.ads == 15)
        #expect(columns.delivered == [16, 16])
        let pair = try columns.matrix(workers: 2)[0, 1]
        #expect(pair?.value == -1 && pair?.n == 15)
        #expect(try columns.matrix(workers: 1)[0, 1] == pair, "asking twice changes nothing")
    }

    @Test func opinions() {
        var sums = OpinionSums(groups: ["a", "b", "c"], minimum: 50)
        func question(_ name: String, _ answers: [[(Double, Int)]]) {
            for (option, groups) in answers.enumerated() {
                for (group, answer) in groups.enumerated() where answer.1 > 0 {
                    sums.add(
                        question: ["W1", name], code: Double(option + 1), group: group, respondents: answer.1,
                        weight: answer.0)
                }
                // Nobody of no group is left out of the options.
                sums.add(question: ["W1", name], code: Double(option + 1), group: nil, respondents: 3, weight: 3)
            }
        }
        question(
            "Q1", [[(30, 20), (60, 30), (1, 10)], [(50, 20), (30, 20), (1, 10)], [(20, 20), (10, 20), (1, 10)]])
        question("Q2", [[(5, 30), (25, 25), (1, 10)], [(5, 30), (75, 25), (1, 10)]])
        question("Q3", [[(9, 60), (9, 60), (9, 60)]])
        let matrix = sums.matrix()
        // 1 - (0.3 + 0.1) / 2 and 1 - 0.25; everybody agrees on the third, which is no question then.
        #expect(((matrix[0, 1]?.value ?? 0) - 0.775).magnitude < 1e-12)
        #expect(matrix[0, 1]?.n == 2)
        #expect(matrix[0, 2] == Correlation(nil, n: 0), "too few respondents")
    }
}
