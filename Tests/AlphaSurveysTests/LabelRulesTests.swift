import Testing

@testable import AlphaSurveys

@Suite struct LabelRulesTests {
    private let rules: LabelRules

    init() throws { rules = LabelRules(try Harmonisation.shipped()) }

    @Test(arguments: [
        "Refused", "refused", "~Refused~", " Refused ", "DK/Ref", "DK/REF", "Dk/Refused", "Don't know/Refused",
        "Don\u{2019}t know/Refused", "(VOL) Don't know/Refused", "Don't know/Refused (VOL.)", "No answer",
        "Not answered",
        "Not answered/no lean", "Don't know/No answer", "Refused all items in set", "Refused/unknown",
        "DK/Refused/No lean",
        "Refused either F_IDEO or F_PARTYSUM_FINAL", "Refused on at least one LAN1-4", "(VOL) Other/Don't know/Refused",
        "Refused to any of 3", "Refused/Web blank", "DK/REF - NO INFO ON RELIGIOUS AFFILIATION",
    ])
    func refusals(label: String) {
        #expect(rules.isRefusal(label))
    }

    @Test(arguments: [
        "Did not refuse", "Don't know", "Not sure", "Less than some college or refused", "Other", "",
        "Less than HS diploma/GED education or refused", "Don\u{2019}t believe in God \u{2013} No answer to follow-up",
        "Refugees", "Reform", "They refused to hire me", "Missing", "None of these", "Referendum/plebiscite",
    ])
    func answers(label: String) {
        #expect(!rules.isRefusal(label))
    }

    @Test func normalForm() {
        #expect(rules.normalised(" Liberal [OR]") == "liberal")
        #expect(rules.normalised("Associate\u{2019}s  degree") == "associate's degree")
        #expect(rules.normalised("\u{201C}White non-Hispanic\u{201D}") == "white non-hispanic")
        #expect(rules.normalised("(VOL) No preference") == "no preference")
        #expect(rules.isAbsent("Don't know"))
        #expect(!rules.isAbsent("Moderate"))
    }
}
