/// What a page tries out, and where its ads are seen.
struct PageKind {
    /// The part of the audience in which ads of the page differ.
    enum Axis {
        case age, gender, region
    }

    /// The states that see the page's ads.
    enum Reach {
        case one, some, all
    }

    let axis: Axis
    let reach: Reach
    /// The share of all ads that are on such pages.
    let part: Double

    static let all = [
        PageKind(axis: .age, reach: .one, part: 0.21), PageKind(axis: .age, reach: .some, part: 0.08),
        PageKind(axis: .age, reach: .all, part: 0.11), PageKind(axis: .gender, reach: .one, part: 0.13),
        PageKind(axis: .gender, reach: .some, part: 0.05), PageKind(axis: .gender, reach: .all, part: 0.06),
        PageKind(axis: .region, reach: .some, part: 0.15), PageKind(axis: .region, reach: .all, part: 0.21),
    ]

    /// Positions in `all` for pages of these sizes, so that each kind has its share of the ads, however few pages hold
    /// most of them: each page gets the kind that is furthest behind.
    static func assigned(to sizes: [Int32]) -> [UInt8] {
        var held = [Double](repeating: 0, count: all.count)
        var sum = 0.0
        return sizes.map { size in
            sum += Double(size)
            var (best, most) = (0, -Double.infinity)
            for (index, kind) in all.enumerated() where kind.part * sum - held[index] > most {
                (best, most) = (index, kind.part * sum - held[index])
            }
            held[best] += Double(size)
            return UInt8(best)
        }
    }
}
