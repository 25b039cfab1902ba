/// Adds the similarities of groups' answers up, question by question.
struct OpinionSums {
    private struct Option {
        var code: Double
        var weights: [Double]
    }

    private let groups: [String]
    private let minimum: Int
    private var question: [String?] = []
    /// Of the current question.
    private var options: [Option] = []
    private var respondents: [Int]
    /// By pair, over the questions that are done.
    private var totals: [Double]
    private var counts: [Int]

    init(groups: [String], minimum: Int) {
        self.groups = groups
        self.minimum = minimum
        respondents = [Int](repeating: 0, count: groups.count)
        let pairs = groups.count * (groups.count - 1) / 2
        totals = [Double](repeating: 0, count: pairs)
        counts = [Int](repeating: 0, count: pairs)
    }

    /// Takes in how often a group chose an answer. Rows of a question follow each other, by ascending code.
    /// - Parameter group: nil for people of no group, whose answers are options all the same.
    mutating func add(question: [String?], code: Double, group: Int?, respondents: Int, weight: Double) {
        if question != self.question {
            finish()
            self.question = question
        }
        if options.last?.code != code {
            options.append(Option(code: code, weights: [Double](repeating: 0, count: groups.count)))
        }
        guard let group, weight > 0 else { return }
        options[options.count - 1].weights[group] += weight
        self.respondents[group] += respondents
    }

    /// The mean similarities, each with the number of its questions.
    func matrix() -> SimilarityMatrix {
        var last = self
        last.finish()
        let pairs = zip(last.totals, last.counts).map { total, count in
            Correlation(count > 0 ? total / Double(count) : nil, n: count)
        }
        return SimilarityMatrix(groups: groups, pairs: pairs)
    }

    private mutating func finish() {
        defer {
            options.removeAll(keepingCapacity: true)
            for group in groups.indices { respondents[group] = 0 }
        }
        // Where everybody gives the same answer there is no distance to measure.
        guard options.count > 1 else { return }
        let sums = groups.indices.map { group in options.reduce(0) { $0 + $1.weights[group] } }
        var pair = 0
        for a in groups.indices {
            for b in (a + 1)..<max(a + 1, groups.count) {
                if min(respondents[a], respondents[b]) >= max(1, minimum) {
                    totals[pair] += 1 - distance(a, b, sums) / Double(options.count - 1)
                    counts[pair] += 1
                }
                pair += 1
            }
        }
    }

    /// The 1-Wasserstein distance over positions: the sum of the differences of cumulated shares.
    private func distance(_ a: Int, _ b: Int, _ sums: [Double]) -> Double {
        var (first, second, distance) = (0.0, 0.0, 0.0)
        for option in options.dropLast() {
            first += option.weights[a] / sums[a]
            second += option.weights[b] / sums[b]
            distance += (first - second).magnitude
        }
        return distance
    }
}
