import Foundation
import LakeBytes
import LakeCore
import LakeShard
import Testing

@testable import AlphaSurveys

/// The waves as published, against counts and shares that were computed independently.
@Suite(.enabled(if: realData != nil, "no real data: ../shared/data/atp is absent"))
struct RealWavesTests {
    private struct Reference: Decodable {
        struct Question: Decodable {
            var wave: String
            var qcode: String
            var column: String
            var options: [String]
            var counts: [Int]
            var weightedShares: [Double]?

            enum CodingKeys: String, CodingKey {
                case wave, qcode, column, options, counts
                case weightedShares = "weighted_shares"
            }
        }
        var questions: [Question]
    }

    /// Count and weight of every label of one question.
    private struct Tally {
        var code: Cell
        var counts: [Cell: Int] = [:]
        var weights: [Cell: Double] = [:]
    }

    private func tallies(_ wave: SurveyWave) throws -> [Cell: Tally] {
        let (keys, codes) = (try wave.keys("question", "question_key"), try wave.keys("question", "question_code"))
        let labels = try wave.keys("answer", "answer")
        let weights = try wave.keys("respondent", "weight").map {
            if case .number(let weight) = $0 { weight } else { 0.0 }
        }
        let rows = wave.responses
        var counts = [Int](repeating: 0, count: labels.count)
        var sums = [Double](repeating: 0, count: labels.count)
        for row in 0..<rows.count {
            counts[Int(rows.codes[2][row])] += 1
            sums[Int(rows.codes[2][row])] += weights[Int(rows.codes[0][row])]
        }
        var tallies = zip(keys, codes).map { (key: $0, tally: Tally(code: $1)) }
        for (answer, parent) in (rows.keys[2].parents ?? []).enumerated() {
            tallies[Int(parent)].tally.counts[labels[answer], default: 0] += counts[answer]
            tallies[Int(parent)].tally.weights[labels[answer], default: 0] += sums[answer]
        }
        return Dictionary(uniqueKeysWithValues: tallies.map { ($0.key, $0.tally) })
    }

    @Test func countsAndSharesOfEveryQuestion() throws {
        let data = try #require(realData)
        let store = LocalStore()
        let (catalog, details) = (data + "/opinionqa-xl.json", data + "/survey-details.json")
        let importer = try SurveyImport(
            catalog: QuestionCatalog(json: try store.read(catalog, limit: 1 << 28), file: catalog),
            details: SurveyDetails(json: try store.read(details, limit: 1 << 28), file: details))
        var questions: [String: [Cell: Tally]] = [:]
        let summary = try importer.run(paths: [data + "/waves"]) { questions[$0.wave.name] = try tallies($0) }
        #expect(summary.failures.isEmpty)
        #expect(summary.waves == 21)
        #expect((136_000...138_000).contains(summary.respondents))
        #expect((13_400_000...14_000_000).contains(summary.rows))

        let json = try Data(contentsOf: URL(fileURLWithPath: data + "/reference_scores.json"))
        let reference = try JSONDecoder().decode(Reference.self, from: json).questions
        #expect(reference.count == 1_109)
        for question in reference {
            guard let tally = questions[question.wave]?[.text(question.column)] else {
                // A count without value labels is no question: nothing of it is in the reference either.
                #expect(question.counts.allSatisfy { $0 == 0 }, "\(question.wave) \(question.column)")
                continue
            }
            #expect(tally.code == .text(question.qcode))
            let counts = question.options.map { tally.counts[.text($0)] ?? 0 }
            #expect(counts == question.counts, "\(question.wave) \(question.column)")
            let total = question.options.reduce(0) { $0 + (tally.weights[.text($1)] ?? 0) }
            for (option, share) in zip(question.options, question.weightedShares ?? []) where total > 0 {
                #expect(abs((tally.weights[.text(option)] ?? 0) / total - share) < 1e-9, "\(question.column) \(option)")
            }
        }
        for (wave, tallies) in questions {
            let codes = tallies.values.map(\.code).filter { $0 != .text("Q2C") }
            #expect(Set(codes).count == codes.count, "two questions of \(wave) share a code")
        }
    }
}
