extension SimilarityMatrix {
    /// An order of the groups in which similar ones stand side by side, so that blocks show: the leaves of the tree
    /// that average linkage grows. Two branches are joined at those of their ends that are most alike.
    public var blockOrder: [Int] {
        guard groups.count > 2, let range else { return Array(groups.indices) }
        let middle = pairs.compactMap(\.value).reduce(0, +) / Double(pairs.count { $0.value != nil })
        // What is not known is taken for neither alike nor unlike.
        let similarity = square(diagonal: { _ in range.upperBound }, pair: { $0.value ?? middle })
        var branches = groups.indices.map { [$0] }
        // Of two branches, the similarities of their members summed up.
        var sums = similarity
        while branches.count > 1 {
            let (a, b) = SimilarityMatrix.closest(branches, sums)
            branches[a] = SimilarityMatrix.joined(branches[a], branches[b], similarity)
            branches.remove(at: b)
            for other in sums.indices where other != b {
                sums[a][other] += sums[b][other]
                sums[other][a] = sums[a][other]
            }
            sums.remove(at: b)
            for row in sums.indices { sums[row].remove(at: b) }
        }
        let order = branches[0]
        return order[0] <= order[order.count - 1] ? order : order.reversed()
    }

    /// The two branches with the highest mean similarity; of several the first.
    private static func closest(_ branches: [[Int]], _ sums: [[Double]]) -> (Int, Int) {
        var (best, found) = (-Double.infinity, (0, 1))
        for a in branches.indices {
            for b in (a + 1)..<max(a + 1, branches.count) {
                let mean = sums[a][b] / Double(branches[a].count * branches[b].count)
                if mean > best { (best, found) = (mean, (a, b)) }
            }
        }
        return found
    }

    private static func joined(_ a: [Int], _ b: [Int], _ similarity: [[Double]]) -> [Int] {
        let ways: [([Int], [Int])] = [(a, b), (a, b.reversed()), (a.reversed(), b), (b, a)]
        var (best, found) = (-Double.infinity, ways[0])
        for way in ways {
            guard let end = way.0.last, let start = way.1.first else { continue }
            if similarity[end][start] > best { (best, found) = (similarity[end][start], way) }
        }
        return found.0 + found.1
    }
}
