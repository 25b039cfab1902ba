import LakeCore

extension FunctionTable {
    static let values: [FunctionEntry] = [
        FunctionEntry(
            "coalesce", "a, b, ...", "their common type", "The first that is not NULL; later ones are not evaluated.",
            counts: 1...1_000, bind: coalesce),
        FunctionEntry("ifnull", "a, b", "their common type", "`b` where `a` is NULL.", counts: 2...2, bind: coalesce),
        FunctionEntry("nullif", "a, b", "type of `a`", "NULL where `a` equals `b`, else `a`.", counts: 2...2) {
            call throws(LakeError) in
            let (a, b) = try call.unified(0, 1)
            guard let type = call.type(0) else { return .constant(.null, .int64) }
            let function = Function(
                "nullif", .nullable { !$0[0].isNull && !$0[1].isNull && $0[0].compare($0[1]) == 0 ? .null : $0[0] })
            return .call(function, [a, b], a.type == type ? type : a.type ?? type)
        },
        FunctionEntry(
            "greatest", "a, b, ...", "their common type", "The greatest that is not NULL.", counts: 1...1_000
        ) { call throws(LakeError) in try extreme(call, "greatest", sign: 1) },
        FunctionEntry(
            "least", "a, b, ...", "their common type", "The least that is not NULL.", counts: 1...1_000
        ) { call throws(LakeError) in try extreme(call, "least", sign: -1) },
    ]

    @Sendable private static func coalesce(_ call: FunctionCall) throws(LakeError) -> Bound {
        let (terms, type) = try call.common()
        return .coalesce(terms, type)
    }

    private static func extreme(_ call: FunctionCall, _ name: String, sign: Int) throws(LakeError) -> Bound {
        let (terms, type) = try call.common()
        let function = Function(
            name,
            .nullable { values in
                var result = Scalar.null
                for value in values where !value.isNull {
                    if result.isNull || value.compare(result).signum() == sign { result = value }
                }
                return result
            })
        return call.call(function, type, of: terms)
    }
}

extension FunctionCall {
    /// The arguments in a type that all of them fit.
    func common() throws(LakeError) -> (terms: [Bound], type: DataType) {
        try CommonType.unify(arguments, written, source)
    }

    /// Two arguments in types that can be compared.
    func unified(_ first: Int, _ second: Int) throws(LakeError) -> (Bound, Bound) {
        try Binder.comparable(arguments[first], arguments[second], written[first], written[second], expression, source)
    }
}
