import Glibc

/// The functions of the C library on floats.
public enum FloatMath {
    public static func cubeRoot(_ x: Double) -> Double { cbrt(x) }
    public static func exponential(_ x: Double) -> Double { exp(x) }
    public static func naturalLogarithm(_ x: Double) -> Double { log(x) }
    public static func logarithm10(_ x: Double) -> Double { log10(x) }
    public static func logarithm2(_ x: Double) -> Double { log2(x) }
    public static func power(_ x: Double, _ y: Double) -> Double { pow(x, y) }
    public static func sine(_ x: Double) -> Double { sin(x) }
    public static func cosine(_ x: Double) -> Double { cos(x) }
    public static func tangent(_ x: Double) -> Double { tan(x) }
    public static func arcTangent(_ x: Double) -> Double { atan(x) }
}
