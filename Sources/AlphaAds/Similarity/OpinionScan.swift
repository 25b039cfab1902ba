import LakeBytes
import LakeCore
import LakeQuery
import LakeShard

/// Reads how alike groups answer from the table `responses` that `alphalake import survey` makes.
///
/// The similarity of two groups is the mean over questions of 1 - WD / (N - 1): WD is the 1-Wasserstein distance of
/// their answers, weighted, refusals left out, over the positions 0 to N - 1 of the options in the order of their
/// codes; N is the number of options that anybody chose. A question counts where both groups have enough respondents:
/// the distance between small samples is too large on average.
public struct OpinionScan {
    /// Respondents of each group that a question needs unless said otherwise.
    public static let standardMinimum = 50

    private let engine: QueryEngine
    private let axis: BehaviourAxis
    private let minimum: Int

    /// - Parameters:
    ///   - axis: one that surveys know, `.censusRegion` or `.surveyAgeGender`.
    ///   - minimum: respondents with a weight that both groups of a pair must have.
    public init(_ engine: QueryEngine, axis: BehaviourAxis, minimum: Int = OpinionScan.standardMinimum) {
        self.engine = engine
        self.axis = axis
        self.minimum = minimum
    }

    /// - Returns: similarities, with the number of questions each is the mean of.
    /// - Throws: `LakeError`: missing without a table `responses`, usage where it has other columns.
    public func run(cancellation: Cancellation = Cancellation()) throws -> SimilarityMatrix {
        let factors = axis == .censusRegion ? ["region"] : ["age", "sex"]
        let list = factors.joined(separator: ", ")
        // Everybody's answers, as those outside of all groups know options too.
        let query = try engine.prepare(
            """
            SELECT wave, question_key, answer_code, \(list), \
            count(*) FILTER (WHERE weight > 0), sum(weight) FILTER (WHERE weight > 0) \
            FROM responses WHERE NOT is_refused GROUP BY wave, question_key, answer_code, \(list) \
            ORDER BY wave, question_key, answer_code, \(list)
            """)
        var sums = OpinionSums(groups: axis.groups, minimum: minimum)
        try query.run(cancellation: cancellation) { batch in
            let keys = factors.indices.map { batch.columns[3 + $0] }
            for row in 0..<batch.count {
                guard let code = OpinionScan.number(batch.columns[2], row) else { continue }
                sums.add(
                    question: [OpinionScan.text(batch.columns[0], row), OpinionScan.text(batch.columns[1], row)],
                    code: code, group: group(keys.map { OpinionScan.text($0, row) }),
                    respondents: Int(OpinionScan.number(batch.columns[3 + factors.count], row) ?? 0),
                    weight: OpinionScan.number(batch.columns[4 + factors.count], row) ?? 0)
            }
        }
        return sums.matrix()
    }

    /// The position of the group that demographics stand for; nil where it is none of the axis.
    private func group(_ values: [String?]) -> Int? {
        if axis == .censusRegion {
            return values.first?.flatMap { BehaviourAxis.censusRegions.firstIndex(of: $0) }
        }
        guard let age = values.first?.flatMap({ BehaviourAxis.surveyAges.firstIndex(of: $0) }),
            let sex = values.last?.flatMap({ ["Female", "Male"].firstIndex(of: $0) })
        else { return nil }
        return 2 * age + sex
    }

    private static func text(_ vector: ColumnVector, _ row: Int) -> String? {
        guard !vector.isNull(row) else { return nil }
        switch vector.values {
        case .bytes(let strings): return strings.string(row)
        case .codes(let codes, let dictionary): return text(dictionary.values, Int(codes[row]))
        case .integers, .floats, .lists: return nil
        }
    }

    private static func number(_ vector: ColumnVector, _ row: Int) -> Double? {
        guard !vector.isNull(row) else { return nil }
        switch vector.values {
        case .integers(let values): return Double(values[row])
        case .floats(let values): return values[row]
        case .codes(let codes, let dictionary): return number(dictionary.values, Int(codes[row]))
        case .bytes, .lists: return nil
        }
    }
}
