import Testing

@testable import AlphaAds

@Suite struct HeatMapTests {
    private func matrix(_ count: Int, _ value: (Int) -> Double?) -> SimilarityMatrix {
        SimilarityMatrix(
            groups: (0..<count).map { "group \($0)" },
            pairs: (0..<(count * (count - 1) / 2)).map { Correlation(value($0), n: 1_000 + $0) })
    }

    private func picture(_ matrix: SimilarityMatrix, title: String = "title", notes: [String] = ["note"]) -> String {
        let panel = HeatMap.Panel(title: "panel", matrix: matrix, measure: "rho", noun: "ads")
        return HeatMap(title: title, notes: notes, panels: [panel]).svg
    }

    /// Whether every element that begins ends, in order, and text holds no loose character of XML.
    private func isWellFormed(_ svg: String) -> Bool {
        var open: [Substring] = []
        for piece in svg.split(separator: "<").dropFirst(svg.hasPrefix("<") ? 0 : 1) {
            let parts = piece.split(separator: ">", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[1].contains(">"), let tag = parts.first else { return false }
            if tag.hasPrefix("?") || tag.hasSuffix("/") { continue }
            if tag.hasPrefix("/") {
                guard open.popLast() == tag.dropFirst() else { return false }
            } else {
                open.append(tag.prefix { $0 != " " })
            }
        }
        return open.isEmpty
    }

    @Test func fewGroupsHaveTheirValuesInCells() {
        let svg = picture(matrix(4) { Double($0) / 10 - 0.1 })
        #expect(isWellFormed(svg))
        #expect(svg.contains(">-0.10<") && svg.contains(">0.40<"))
        #expect(svg.contains("<title>group 0, group 1: -0.100, 1,000 ads</title>"))
        #expect(svg.contains(">title<") && svg.contains(">note<") && svg.contains(">panel<") && svg.contains(">rho<"))
        #expect(!svg.contains("too few ads"))
        #expect(svg == picture(matrix(4) { Double($0) / 10 - 0.1 }))
    }

    @Test func manyGroupsHaveColoursOnly() {
        let svg = picture(matrix(51) { Double($0 % 100) / 100 })
        #expect(isWellFormed(svg))
        #expect(svg.matches(of: /<rect[^>]*><title>/).count == 51 * 50)
        #expect(svg.matches(of: /rotate\(-90\)/).count == 51)
        // The numbers are those of the scale.
        #expect(svg.matches(of: />-?[0-9]\.[0-9]{2}</).count <= 12)
    }

    @Test func absentValuesAreGreyAndSaidToBe() {
        let svg = picture(matrix(3) { $0 == 1 ? nil : 0.5 })
        #expect(isWellFormed(svg))
        #expect(svg.contains(">–<") && svg.contains("too few ads") && svg.contains("not known"))
        #expect(isWellFormed(picture(matrix(3) { _ in nil })))
        #expect(isWellFormed(picture(matrix(0) { _ in nil })))
        #expect(isWellFormed(picture(matrix(1) { _ in nil })))
    }

    @Test func textIsEscaped() {
        let svg = picture(matrix(3) { _ in 0.5 }, title: "a < b & \"c\"\u{1}", notes: ["x > 1 AND\ny"])
        #expect(isWellFormed(svg))
        #expect(svg.contains("a &lt; b &amp; &quot;c&quot; "))
        #expect(svg.contains("x &gt; 1 AND y"))
    }

    @Test func panelsOfAsManyGroupsStandSideBySide() throws {
        let panels = [51, 4, 4].map { count in
            HeatMap.Panel(title: "\(count)", matrix: matrix(count) { _ in 0.5 }, measure: "rho", noun: "ads")
        }
        let places = HeatMap(title: "t", notes: [], panels: panels).svg
            .matches(of: /<g transform="translate\(([0-9.]+) ([0-9.]+)\)">/).map { ($0.1, $0.2) }
        try #require(places.count == 3)
        #expect(places[1].1 == places[2].1 && places[0].1 != places[1].1)
        #expect(places[0].0 == places[1].0 && places[1].0 != places[2].0)
    }

    @Test func anOrderThatIsNoneIsNotTaken() {
        let panel = HeatMap.Panel(
            title: "", matrix: matrix(3) { _ in 0.5 }, order: [2, 2, 0], measure: "rho", noun: "ads")
        #expect(panel.order == [0, 1, 2])
    }

    @Test func coloursRunEvenlyFromPaleToDark() {
        let scale = HeatColor(0.82...0.97)
        #expect(scale.bounds.lowerBound <= 0.82 && scale.bounds.upperBound >= 0.97)
        #expect(scale.ticks.count >= 4 && scale.ticks.count <= 8)
        #expect(!scale.color(0.82).isDark && scale.color(0.97).isDark)
        #expect(scale.color(-5).hex == scale.color(scale.bounds.lowerBound).hex)
        let both = HeatColor(-0.2...0.5)
        #expect(both.bounds.lowerBound == -both.bounds.upperBound)
        #expect(both.color(0).hex == "#f3f3f3")
        #expect(both.color(.nan).hex == both.color(0).hex)
        #expect(both.color(-0.5).hex != both.color(0.5).hex)
        #expect(HeatColor(0.5...0.5).bounds.upperBound > 0.5)
        #expect(HeatColor(0.999999...1).ticks.count <= 10)
    }

    @Test func numbers() {
        #expect(SVGText.number(12.50) == "12.5" && SVGText.number(12.0) == "12" && SVGText.number(-0.01) == "0")
        #expect(SVGText.fixed(-0.004, 2) == "0.00" && SVGText.fixed(-1.005, 1) == "-1.0")
        #expect(
            SVGText.count(1_234_567) == "1,234,567" && SVGText.count(999) == "999" && SVGText.count(-1000) == "-1,000")
    }
}
