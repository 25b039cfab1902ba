import LakeBytes

/// A scale of colours in which equal steps look equal: it runs in straight lines through Oklab, at an even pace.
struct HeatColor: Sendable {
    /// A colour of Oklab: lightness, green to red, blue to yellow.
    private typealias Lab = (l: Double, a: Double, b: Double)

    /// Values beyond these bounds have the colours of the ends.
    let bounds: ClosedRange<Double>
    /// Round values from one end to the other.
    let ticks: [Double]
    private let isDiverging: Bool

    /// - Parameter range: the values that are shown. Where some are below 0, 0 is the pale middle of two arms of the
    ///   same length; else the scale goes from pale to dark.
    init(_ range: ClosedRange<Double>) {
        isDiverging = range.lowerBound < 0
        let most = max(range.lowerBound.magnitude, range.upperBound.magnitude)
        let wanted = isDiverging ? -most...most : range
        let step = HeatColor.step(wanted.upperBound - wanted.lowerBound)
        let first = (wanted.lowerBound / step + 1e-9).rounded(.down)
        let last = max(first + 1, (wanted.upperBound / step - 1e-9).rounded(.up))
        ticks = (0...Int(last - first)).map { (first + Double($0)) * step }
        bounds = first * step...last * step
    }

    /// 1, 2 or 5 times a power of ten that divides a length in six parts at most.
    private static func step(_ length: Double) -> Double {
        guard length.isFinite, length > 1e-12 else { return 0.1 }
        let power = FloatMath.power(10, FloatMath.logarithm10(length / 6).rounded(.down))
        return [1, 2, 5].map { $0 * power }.first { length / $0 <= 6 } ?? 10 * power
    }

    private static let rising: [Lab] = [(0.965, -0.012, 0.06), (0.70, -0.085, 0.005), (0.33, -0.005, -0.115)]
    private static let negative: Lab = (0.42, -0.02, -0.13)
    private static let middle: Lab = (0.965, 0, 0)
    private static let positive: Lab = (0.42, 0.135, 0.06)

    /// The colour of a value as `#rrggbb`, and whether it is so dark that text on it has to be light.
    func color(_ value: Double) -> (hex: String, isDark: Bool) {
        let place = (value - bounds.lowerBound) / (bounds.upperBound - bounds.lowerBound)
        let clamped = place.isFinite ? max(0, min(1, place)) : 0.5
        let color: Lab
        if isDiverging {
            let end = clamped < 0.5 ? HeatColor.negative : HeatColor.positive
            color = HeatColor.between(HeatColor.middle, end, (2 * clamped - 1).magnitude)
        } else {
            color = HeatColor.along(HeatColor.rising, clamped)
        }
        return (HeatColor.hex(color), color.l < 0.62)
    }

    private static func between(_ x: Lab, _ y: Lab, _ part: Double) -> Lab {
        (x.l + part * (y.l - x.l), x.a + part * (y.a - x.a), x.b + part * (y.b - x.b))
    }

    /// A point of a line with corners, by the length of the way to it.
    private static func along(_ corners: [Lab], _ part: Double) -> Lab {
        let lengths = zip(corners, corners.dropFirst()).map { x, y in
            let (dl, da, db) = (y.l - x.l, y.a - x.a, y.b - x.b)
            return (dl * dl + da * da + db * db).squareRoot()
        }
        var rest = part * lengths.reduce(0, +)
        for (index, length) in lengths.enumerated() {
            if rest <= length || index == lengths.count - 1 {
                return between(corners[index], corners[index + 1], min(1, rest / length))
            }
            rest -= length
        }
        return corners[0]
    }

    /// Ottosson's matrices from Oklab to linear sRGB, then its gamma.
    private static func hex(_ color: Lab) -> String {
        let roots = (
            color.l + 0.3963377774 * color.a + 0.2158037573 * color.b,
            color.l - 0.1055613458 * color.a - 0.0638541728 * color.b,
            color.l - 0.0894841775 * color.a - 1.2914855480 * color.b
        )
        let (l, m, s) = (roots.0 * roots.0 * roots.0, roots.1 * roots.1 * roots.1, roots.2 * roots.2 * roots.2)
        let linear = [
            4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
            -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
            -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s,
        ]
        return "#"
            + linear.map { channel in
                let value = max(0, min(1, channel))
                let gamma = value <= 0.0031308 ? 12.92 * value : 1.055 * FloatMath.power(value, 1 / 2.4) - 0.055
                let byte = Int((gamma * 255).rounded())
                return (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }.joined()
    }
}
