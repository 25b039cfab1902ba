import Testing

@testable import AlphaSurveys

@Suite struct ColumnPatternsTests {
    private func first(_ wave: String, _ names: [String], _ patterns: [String]) throws -> String? {
        let wave = try #require(Wave(wave))
        let finder = ColumnPatterns(wave: wave, names: names, suffixes: ["_FINAL", "", "_TYPOLOGY", "_RECRUITMENT"])
        return finder.first(patterns).map { names[$0] }
    }

    @Test func suffixVariants() throws {
        #expect(try first("1", ["F_AGECAT_TYPOLOGY"], ["F_AGECAT{final}"]) == "F_AGECAT_TYPOLOGY")
        #expect(try first("1", ["F_RACETHN_RECRUITMENT"], ["F_RACETHN{final}"]) == "F_RACETHN_RECRUITMENT")
        #expect(try first("1", ["f_sex", "F_SEX_FINAL"], ["F_SEX{final}"]) == "F_SEX_FINAL")
        #expect(try first("1", ["F_SEXUALITY"], ["F_SEX{final}"]) == nil)
    }

    @Test func waveVariants() throws {
        #expect(try first("8.5", ["WEIGHT_W8_5"], ["WEIGHT_{wave}"]) == "WEIGHT_W8_5")
        #expect(try first("8.5", ["weight_w85"], ["WEIGHT_{wave}"]) == "weight_w85")
    }

    @Test func weights() throws {
        let patterns = try Harmonisation.shipped().weight
        #expect(try first("14", ["WEIGHT_W14_SOCIALMEDIA"], patterns) == "WEIGHT_W14_SOCIALMEDIA")
        #expect(try first("16", ["WEIGHT_FORM_W16"], patterns) == "WEIGHT_FORM_W16")
        #expect(try first("26", ["WEIGHT_W25W26", "WEIGHT_W26"], patterns) == "WEIGHT_W26")
        #expect(try first("54", ["WEIGHT_W53_W54", "WEIGHT_W54"], patterns) == "WEIGHT_W54")
        #expect(try first("8.5", ["DIARYWEIGHT_APP", "DIARYWEIGHT"], patterns) == "DIARYWEIGHT")
        #expect(try first("60", ["CASEID", "MAINWEIGHT", "ALTWEIGHT"], patterns) == "MAINWEIGHT")
        // Another wave's weight is never taken for want of a better one.
        #expect(try first("59", ["WEIGHT_W53"], patterns) == nil)
    }

    @Test func stars() throws {
        #expect(try first("1", ["ABXC", "ABC"], ["A*B*C"]) == "ABXC")
        #expect(try first("1", ["ABAB"], ["*AB"]) == "ABAB")
        #expect(try first("1", ["AB"], ["AB*B"]) == nil)
        #expect(try first("1", ["AXXB"], ["A*B"]) == "AXXB")
    }

    @Test func profileTakesForeignWavesToo() throws {
        let finder = ColumnPatterns(
            wave: try #require(Wave("10")), names: ["F_INSURANCE_TYPE_W8", "Q_W8"], suffixes: [])
        #expect(finder.all(["F_*"]) == [0])
    }
}
