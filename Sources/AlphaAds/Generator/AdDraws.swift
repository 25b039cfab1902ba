import LakeCore

/// One stream of random numbers and what is drawn from it. Arithmetic alone, without functions of a system library, so
/// that a seed gives the same ads on every machine.
struct AdDraws {
    private var random: SplitMix64

    /// - Parameter stream: tells the streams of one seed apart.
    init(seed: UInt64, stream: UInt64) {
        random = SplitMix64(seed: SplitMix64.mixed(seed ^ SplitMix64.mixed(stream &+ SplitMix64.step)))
    }

    mutating func bits() -> UInt64 { random.next() }

    /// A number in 0 ..< 1.
    mutating func unit() -> Double { Double(random.next() >> 11) * 0x1p-53 }

    /// A whole number in 0 ..< `bound`; 0 where there is no choice.
    mutating func below(_ bound: Int) -> Int { bound > 1 ? random.below(bound) : 0 }

    /// A whole number from `lower` to `upper`.
    mutating func between(_ lower: Int, _ upper: Int) -> Int { lower + below(upper - lower + 1) }

    mutating func chance(_ probability: Double) -> Bool { unit() < probability }

    /// Close to normal with mean 0 and deviation 1, never beyond 3.5: a sum of four uniform numbers.
    mutating func normal() -> Double {
        let bits = random.next()
        let sum = (bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (bits >> 48)
        return (Double(sum) + 2) * 0x1p-16 * 1.732_050_807_568_877_2 - 3.464_101_615_137_754_6
    }

    /// A position in a list of weights, each added to those before it.
    mutating func position(_ sums: [Double]) -> Int {
        guard let total = sums.last else { return 0 }
        let mark = unit() * total
        var (lower, upper) = (0, sums.count - 1)
        while lower < upper {
            let middle = (lower + upper) / 2
            if sums[middle] > mark { upper = middle } else { lower = middle + 1 }
        }
        return lower
    }

    /// One of a list of texts; an empty one where there are none.
    mutating func text(_ texts: [[UInt8]]) -> [UInt8] { texts.isEmpty ? [] : texts[below(texts.count)] }

    mutating func shuffle<Element>(_ elements: inout [Element]) {
        var end = elements.count
        while end > 1 {
            elements.swapAt(end - 1, below(end))
            end -= 1
        }
    }

    /// `count` numbers of 0 ..< `bound` without repetition, in random order.
    mutating func sample(_ count: Int, below bound: Int) -> [Int] {
        var all = Array(0..<max(bound, 0))
        shuffle(&all)
        return Array(all.prefix(max(count, 0)))
    }

    /// e to the power of `x`, taken as -20 to 20.
    static func exponential(_ x: Double) -> Double {
        let y = min(max(x, -20), 20) * 0x1p-10
        var power = 1 + y * (1 + y * (0.5 + y * (1.0 / 6 + y * (1.0 / 24 + y * (1.0 / 120)))))
        for _ in 0..<10 { power *= power }
        return power
    }
}

/// The running sums of weights, for `AdDraws.position`.
func runningSums(of weights: [Double]) -> [Double] {
    var sum = 0.0
    return weights.map { weight in
        sum += max(weight, 0)
        return sum
    }
}
