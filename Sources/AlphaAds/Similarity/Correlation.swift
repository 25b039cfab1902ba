import LakeBytes

/// A measure of how alike two things are over `n` cases, with an interval where one can be given.
public struct Correlation: Sendable, Equatable {
    /// nil where there are too few cases, or where one of the two never changes.
    public var value: Double?
    public var n: Int
    /// The bounds of a 95 % confidence interval.
    public var interval: ClosedRange<Double>?

    public init(_ value: Double?, n: Int, interval: ClosedRange<Double>? = nil) {
        self.value = value
        self.n = n
        self.interval = interval
    }

    /// The normal distribution's 97.5 % point.
    static let deviate = 1.959963984540054

    /// Pearson's r of two lists of one length, with Fisher's interval from 4 cases on.
    public static func pearson(_ x: [Double], _ y: [Double]) -> Correlation {
        let n = min(x.count, y.count)
        guard let r = coefficient(x, y) else { return Correlation(nil, n: n) }
        guard n >= 4 else { return Correlation(r, n: n) }
        return Correlation(r, n: n, interval: fisher(r, error: 1 / Double(n - 3).squareRoot()))
    }

    static func coefficient(_ x: [Double], _ y: [Double]) -> Double? {
        let n = min(x.count, y.count)
        guard n >= 2 else { return nil }
        let means = (x[..<n].reduce(0, +) / Double(n), y[..<n].reduce(0, +) / Double(n))
        var (xx, yy, xy) = (0.0, 0.0, 0.0)
        for index in 0..<n {
            let (dx, dy) = (x[index] - means.0, y[index] - means.1)
            xx += dx * dx
            yy += dy * dy
            xy += dx * dy
        }
        guard xx > 0, yy > 0 else { return nil }
        return max(-1, min(1, xy / (xx.squareRoot() * yy.squareRoot())))
    }

    /// The interval around a coefficient whose Fisher transform has the standard error `error`.
    static func fisher(_ r: Double, error: Double) -> ClosedRange<Double> {
        // The transform of 1 is infinite, and nothing lies around it.
        guard r.magnitude < 1 else { return r...r }
        let z = 0.5 * FloatMath.naturalLogarithm((1 + r) / (1 - r))
        return hyperbolicTangent(z - deviate * error)...hyperbolicTangent(z + deviate * error)
    }

    private static func hyperbolicTangent(_ x: Double) -> Double {
        let decay = FloatMath.exponential(-2 * x.magnitude)
        let value = (1 - decay) / (1 + decay)
        return x < 0 ? -value : value
    }
}
