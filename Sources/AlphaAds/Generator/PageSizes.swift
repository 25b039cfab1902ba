/// How many ads each page has: more than half of the pages have one, four of five at most five, and a few per ten
/// thousand hold a quarter of all ads. The mean is close to 12, the largest page has about 2 % of all ads.
struct PageSizes {
    /// By page, in random order.
    let sizes: [Int32]
    /// By page, the number of ads on the pages before it.
    let firsts: [Int]
    /// By page, a position in `PageKind.all`.
    let kinds: [UInt8]

    init(seed: UInt64, count: Int) {
        var draws = AdDraws(seed: seed, stream: 1)
        let pages = min(max((count + 6) / 12, count > 0 ? 1 : 0), count)
        let cap = Double(max(count / 60, 60)) * (1 + 0.3 * draws.unit())
        // One page in each of equal slices of the distribution, largest first: the total hardly depends on the seed.
        var sizes = (0..<pages).map { page in
            max(Int32(min(PageSizes.size((Double(page) + draws.unit()) / Double(pages)), cap)), 1)
        }
        PageSizes.settle(&sizes, on: count)
        let assigned = PageKind.assigned(to: sizes)
        let order = draws.sample(pages, below: pages)
        sizes = order.map { sizes[$0] }
        kinds = order.map { assigned[$0] }
        var sum = 0
        firsts = sizes.map { size in
            defer { sum += Int(size) }
            return sum
        }
        self.sizes = sizes
    }

    /// The size that a share `rest` of all pages reaches.
    private static func size(_ rest: Double) -> Double {
        switch rest {
        case 0.46...: return 1
        case 0.32..<0.46: return 2
        case 0.26..<0.32: return 3
        case 0.215..<0.26: return 4
        case 0.18..<0.215: return 5
        case 0.08..<0.18: return 6 * (0.18 / rest) * (0.18 / rest)
        default:
            // To the power of 3/4.
            let root = (0.08 / max(rest, 1e-12)).squareRoot()
            return 29 * root * root.squareRoot()
        }
    }

    /// Stretches all but the smallest pages, then adds or takes single ads, until the sum is `count`.
    private static func settle(_ sizes: inout [Int32], on count: Int) {
        let large = sizes.firstIndex { $0 <= 5 } ?? sizes.count
        let small = sizes[large...].reduce(0) { $0 + Int($1) }
        let sum = sizes[..<large].reduce(0) { $0 + Int($1) }
        if sum > 0 {
            let factor = max(Double(count - small) / Double(sum), 0)
            for page in 0..<large { sizes[page] = max(Int32(Double(sizes[page]) * factor), 1) }
        }
        var rest = count - sizes.reduce(0) { $0 + Int($1) }
        while rest != 0, !sizes.isEmpty {
            let turn = max(abs(rest) / sizes.count, 1)
            for page in sizes.indices where rest != 0 {
                let step = rest > 0 ? min(turn, rest) : max(-turn, rest, 1 - Int(sizes[page]))
                sizes[page] += Int32(clamping: step)
                rest -= step
            }
        }
    }
}
