import LakeCore

extension SelectParser {
    /// What `EXPLAIN`, `EXPLAIN ANALYZE` or `EXPLAIN (ANALYZE)` asks for.
    func explain(_ fields: GrammarTree) throws(LakeError) -> Explain {
        var result = Explain.plan
        for option in fields["options"]?.elements ?? [] {
            guard case ("DefElem", let option)? = option.node else { continue }
            let position = option["location"]?.number ?? 0
            switch option["defname"]?.string {
            case "analyze": if isOn(option["arg"]) { result = .analysis }
            case "format":
                throw source.error(
                    "FORMAT is not part of AlphaLake's EXPLAIN", at: position,
                    hint: "the explanation is a result like any other: `alphalake query --format json`")
            default:
                throw source.error(
                    "EXPLAIN has no option '\(option["defname"]?.string ?? "")' here", at: position,
                    hint: "EXPLAIN ANALYZE runs the query and says what that took")
            }
        }
        return result
    }

    /// Whether an option is switched on: without a value it is.
    private func isOn(_ value: GrammarTree?) -> Bool {
        guard let (type, fields) = value?.node else { return true }
        switch type {
        case "Boolean": return fields["boolval"]?.isTrue == true
        case "Integer": return fields["ival"]?.number ?? 0 != 0
        default: return !["false", "off"].contains(fields["sval"]?.string?.asciiLowercased ?? "")
        }
    }
}
