import Testing

@testable import AlphaSurveys

@Suite struct WaveTests {
    @Test(arguments: [
        ("54", "W54"), ("W54", "W54"), ("Wave 8.5", "W8.5"), ("w14.5 ", "W14.5"), ("Wave 100", "W100"), ("8.0", "W8"),
    ])
    func names(text: String, name: String) {
        #expect(Wave(text)?.name == name)
    }

    @Test(arguments: ["", "W", "Wave", "W1234", "W8.55", "-3", "W5x", "8.5.1", "nan", "inf", "1e2"])
    func refuses(text: String) {
        #expect(Wave(text) == nil)
    }

    @Test func tokens() {
        #expect(Wave.tokens(in: "WEIGHT_W64_W66_W83_W114").map(\.name) == ["W64", "W66", "W83", "W114"])
        #expect(Wave.tokens(in: "WEIGHT_W25W26").map(\.name) == ["W25", "W26"])
        #expect(Wave.tokens(in: "qb17oe1_w6").map(\.name) == ["W6"])
        #expect(Wave.tokens(in: "WORKHARD_W53").map(\.name) == ["W53"])
        for none in ["WEB1_a", "WEIGHT", "XW", "SHOW54", "W25a", "wave", ""] { #expect(Wave.tokens(in: none).isEmpty) }
    }

    @Test func ofFile() {
        #expect(Wave.of(path: "x/W8.5_Diary14/ATP W8.5.sav", columns: [])?.name == "W8.5")
        #expect(Wave.of(path: "x/W60_Nov19/Black_Religion_PRC/all.sav", columns: ["SEX", "IDEO"])?.name == "W60")
        // Columns weigh more than folders, and one carried-over question decides nothing.
        #expect(Wave.of(path: "w2/data/poll.sav", columns: ["A_W59", "B_W59", "C_W53"])?.name == "W59")
        #expect(Wave.of(path: "w2/data/poll.sav", columns: ["A", "B", "C_W53"])?.name == "W2")
        #expect(Wave.of(path: "data/poll.sav", columns: ["A", "B"]) == nil)
    }

    @Test func spellings() {
        #expect(Wave("8.5")?.spellings == ["W8.5", "W8_5", "W85"])
        #expect(Wave("54")?.spellings == ["W54"])
        #expect((Wave("8.5") ?? .first) < (Wave("14") ?? .first))
    }

    @Test func columnNamesWithoutTheWave() throws {
        let wave = try #require(Wave("46"))
        #expect(wave.trimmed("ECON5_d_W46") == "ECON5_d")
        #expect(wave.trimmed("econ_w46") == "econ")
        #expect(wave.trimmed("GOV_W46_TEST") == "GOV_TEST")
        #expect(wave.trimmed("GOV_W45") == "GOV_W45")
        #expect(wave.shortened("GOV_W46_TEST") == ["GOV_W46", "GOV"])
        #expect(wave.shortened("GOV_W46").isEmpty)
    }
}
