import LakeBytes
import LakeCore

extension FunctionTable {
    static let numbers: [FunctionEntry] =
        [
            FunctionEntry("abs", "x", "type of `x`", "The magnitude.", counts: 1...1) { call throws(LakeError) in
                try call.number(0)
                let type = call.type(0) ?? .int64
                if type.physical == .float { return call.call(Function("abs", .float { $0.magnitude }), type) }
                let function = Function(
                    "abs", canFail: true,
                    .values { value in
                        guard case .integer(let number) = value[0] else { return value[0] }
                        guard number != .min else { throw LakeError.overflow("abs(\(number))") }
                        return .integer(abs(number))
                    })
                return call.call(function, type == .uint64 ? .uint64 : .int64)
            },
            FunctionEntry(
                "sign", "x", "int8", "-1, 0 or 1; 0 for NaN.", counts: 1...1
            ) { call throws(LakeError) in
                try call.number(0)
                let function = Function(
                    "sign",
                    .values { value in
                        guard let number = value[0].number else { return .null }
                        return .integer(number > 0 ? 1 : number < 0 ? -1 : 0)
                    })
                return call.call(function, .int8)
            },
            FunctionEntry(
                "round", "x [, digits]", "type of `x`",
                "To the nearest number of so many decimals, halves away from zero; digits below zero round before "
                    + "the point.",
                counts: 1...2, bind: round),
            FunctionEntry(
                "mod", "a, b", "as `a % b`", "The remainder, with the sign of `a`.", counts: 2...2
            ) { call throws(LakeError) in
                try call.number(0, 1)
                return Bound.calculation(
                    .remainder, call.arguments[0], call.arguments[1],
                    at: Place(call.source, at: call.expression.position))
            },
            FunctionEntry(
                "power", aliases: ["pow"], "a, b", "float64", "`a` to the power of `b`; also `a ^ b` and `a ** b`.",
                counts: 2...2
            ) { call throws(LakeError) in
                try call.number(0, 1)
                return call.call(Function("power", .values(float2 { FloatMath.power($0, $1) })), .float64)
            },
            FunctionEntry(
                "log", "[base,] x", "float64", "The logarithm, to base 10 where none is given.", counts: 1...2
            ) { call throws(LakeError) in
                try call.number(0, 1)
                if call.arguments.count == 1 {
                    return call.call(Function("log10", .float { FloatMath.logarithm10($0) }), .float64)
                }
                return call.call(
                    Function("log", .values(float2 { FloatMath.logarithm10($1) / FloatMath.logarithm10($0) })), .float64
                )
            },
            FunctionEntry("pi", "", "float64", "3.14159...", counts: 0...0) { _ throws(LakeError) in
                .constant(.float(.pi), .float64)
            },
        ] + rounding + curves + tests

    private static let rounding = [
        whole("floor", "The next whole number below.") { $0.rounded(.down) },
        whole("ceil", aliases: ["ceiling"], "The next whole number above.") { $0.rounded(.up) },
        FunctionEntry("trunc", "x", "type of `x`", "Without the decimals.", counts: 1...1) { call throws(LakeError) in
            try call.number(0)
            let type = call.type(0) ?? .int64
            if type.physical == .integer { return call.arguments[0] }
            return call.call(Function("trunc", .float { $0.rounded(.towardZero) }), type)
        },
    ]

    private static let curves = [
        float("sqrt", "The square root; NaN below zero.") { $0.squareRoot() },
        float("cbrt", "The cube root.") { FloatMath.cubeRoot($0) },
        float("exp", "e to the power of x.") { FloatMath.exponential($0) },
        float("ln", "The natural logarithm; -infinity of 0, NaN below.") { FloatMath.naturalLogarithm($0) },
        float("log10", "The logarithm to base 10.") { FloatMath.logarithm10($0) },
        float("log2", "The logarithm to base 2.") { FloatMath.logarithm2($0) },
        float("sin", "Sine, of radians.") { FloatMath.sine($0) },
        float("cos", "Cosine, of radians.") { FloatMath.cosine($0) },
        float("tan", "Tangent, of radians.") { FloatMath.tangent($0) },
        float("atan", "Arc tangent, in radians.") { FloatMath.arcTangent($0) },
        float("degrees", "Radians in degrees.") { $0 * (180 / .pi) },
        float("radians", "Degrees in radians.") { $0 * (.pi / 180) },
    ]

    private static let tests = [
        test("isnan", "Whether it is NaN.") { $0.isNaN },
        test("isinf", "Whether it is infinite.") { $0.isInfinite },
        test("isfinite", "Whether it is neither NaN nor infinite.") { $0.isFinite },
    ]

    private static func float(
        _ name: String, _ summary: String, _ body: @escaping @Sendable (Double) -> Double
    ) -> FunctionEntry {
        FunctionEntry(name, "x", "float64", summary, counts: 1...1) { call throws(LakeError) in
            try call.number(0)
            return call.call(Function(name, .float(body)), .float64)
        }
    }

    /// Of floats, a float of their kind.
    private static func whole(
        _ name: String, aliases: [String] = [], _ summary: String, _ body: @escaping @Sendable (Double) -> Double
    ) -> FunctionEntry {
        FunctionEntry(name, aliases: aliases, "x", "float", summary, counts: 1...1) { call throws(LakeError) in
            try call.number(0)
            return call.call(Function(name, .float(body)), call.type(0) == .float32 ? .float32 : .float64)
        }
    }

    private static func test(
        _ name: String, _ summary: String, _ body: @escaping @Sendable (Double) -> Bool
    ) -> FunctionEntry {
        FunctionEntry(name, "x", "bool", summary, counts: 1...1) { call throws(LakeError) in
            try call.number(0)
            return call.call(Function(name, .values { $0[0].number.map { .bool(body($0)) } ?? .null }), .bool)
        }
    }

    private static func float2(
        _ body: @escaping @Sendable (Double, Double) -> Double
    ) -> @Sendable ([Scalar]) throws -> Scalar {
        { values in
            guard let a = values[0].number, let b = values[1].number else { return .null }
            return .float(body(a, b))
        }
    }

    @Sendable private static func round(_ call: FunctionCall) throws(LakeError) -> Bound {
        try call.number(0)
        let type = call.type(0) ?? .int64
        guard call.arguments.count == 2 else {
            if type.physical == .integer { return call.arguments[0] }
            return call.call(Function("round", .float { $0.rounded(.toNearestOrAwayFromZero) }), type)
        }
        try call.integer(1)
        if type.physical == .float { return call.call(Function("round", .values(roundedFloat)), type) }
        return call.call(Function("round", canFail: true, .values(roundedInteger)), type == .uint64 ? type : .int64)
    }

    @Sendable private static func roundedFloat(_ values: [Scalar]) -> Scalar {
        guard let number = values[0].number, case .integer(let digits) = values[1] else { return .null }
        let scale = FloatMath.power(10, Double(digits.magnitude))
        let scaled = digits < 0 ? number / scale : number * scale
        let whole = scaled.rounded(.toNearestOrAwayFromZero)
        let result = digits < 0 ? whole * scale : whole / scale
        // As in DuckDB: what overflows on the way stays, and what is rounded before the point becomes 0.
        guard result.isFinite else { return .float(digits < 0 ? 0 : number) }
        return .float(result)
    }

    @Sendable private static func roundedInteger(_ values: [Scalar]) throws -> Scalar {
        guard case .integer(let number) = values[0], case .integer(let digits) = values[1], digits < 0 else {
            return values[0]
        }
        guard digits > -19 else { return .integer(0) }
        var scale: Int64 = 1
        for _ in 0..<(-digits) { scale *= 10 }
        let (quotient, rest) = number.quotientAndRemainder(dividingBy: scale)
        let carry: Int64 = rest.magnitude >= (scale.magnitude + 1) / 2 ? number.signum() : 0
        let (result, overflow) = (quotient + carry).multipliedReportingOverflow(by: scale)
        if overflow { throw LakeError.overflow("round(\(number), \(digits))") }
        return .integer(result)
    }
}
