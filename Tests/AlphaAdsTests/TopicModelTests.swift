import Foundation
import LakeCore
import Testing

@testable import AlphaAds

@Suite struct TopicModelTests {
    private static let file: [UInt8] = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return (try? [UInt8](Data(contentsOf: root.appendingPathComponent("Schemas/ads/topics.json")))) ?? []
    }()

    private static let small = #"""
        {"topics": [
            {"topic": "Gas", "area": "Energy", "terms": {"natural gas": 3, "gas": 1, "natural gas ban": 2, "stove": 1}},
            {"topic": "Parks", "area": "Nature", "terms": {"natural": 1, "park": 2, "trail": 2}},
            {"topic": "Bans", "area": "Law", "terms": {"natural gas ban": 2, "ban": 2}},
            {"topic": "Roads", "area": "Places", "terms": {"road": 2}}
        ]}
        """#

    private func words(_ text: String) -> Words {
        let bytes = Array(text.utf8)
        return Words(bytes[...])
    }

    private func topics(_ body: String, title: String = "", _ model: TopicModel) -> [String] {
        model.topics(body: words(body), title: words(title)).map { model.topics[$0] }
    }

    @Test func shippedTopicsAreThoseUnderSchemas() throws {
        let model = try TopicModel(json: Self.file)
        #expect(model.topics == TopicModel.standard.topics)
        #expect((110...140).contains(model.topics.count))
        #expect(Set(model.areas).count < 20)
        #expect(model.areas.allSatisfy { !$0.isEmpty })
    }

    @Test func everyTopicHasItsTerms() throws {
        struct Contents: Decodable {
            struct Topic: Decodable {
                var topic: String
                var terms: [String: Int]
            }

            var topics: [Topic]
        }
        let contents = try JSONDecoder().decode(Contents.self, from: Data(Self.file))
        for entry in contents.topics {
            #expect((8...25).contains(entry.terms.count), "\(entry.topic)")
            #expect(entry.terms.values.contains(3), "\(entry.topic) has no term of weight 3")
            for (term, weight) in entry.terms where weight > 1 {
                let found = topics(term, TopicModel.standard)
                #expect(!found.isEmpty, "\(term) leads to no topic")
            }
        }
    }

    @Test(arguments: [
        ("Stop the cuts to home heating help: electric bills are up 20 % this winter.", "Energy bills"),
        ("Wildfires, floods: climate change is here. Tell the mayor to act.", "Climate change"),
        ("Every child deserves a loving family. Become a foster parent.", "Foster care and adoption"),
        ("Insulin should not cost a month's rent. Lower prescription drug prices now.", "Drug prices"),
        ("Secure the border and finish what we began at the southern border.", "Border security"),
        ("Universal background checks save lives. End gun violence.", "Gun control"),
        ("They want to take your Second Amendment rights. Gun owners, speak up!", "Gun rights"),
        ("Adopt, don't shop: these dogs wait in an animal shelter.", "Animal welfare"),
        ("Cancel student debt and let a generation breathe.", "Student debt"),
        ("Register to vote by October 5 and bring a friend.", "Voter registration and turnout"),
        ("Rent is too high. Rent control protects tenants from eviction.", "Renters and rent"),
        ("Our veterans were promised care for burn pits.", "Veterans"),
        ("Nurses ask for safe staffing in every hospital.", "Hospitals and health workers"),
        ("Lead pipes have no place in our drinking water.", "Drinking water"),
        ("Join a union: collective bargaining works.", "Trade unions"),
    ])
    func oneSentence(_ body: String, _ topic: String) {
        #expect(topics(body, .standard).first == topic, "\(topics(body, .standard))")
    }

    @Test func nothingSpeaksForAny() {
        #expect(topics("", .standard).isEmpty)
        #expect(topics("Learn more here.", .standard).isEmpty)
    }

    @Test func longestTermAtEachPlace() throws {
        let model = try TopicModel(json: Array(Self.small.utf8))
        #expect(topics("natural gas", model) == ["Gas"])
        #expect(topics("natural gas ban", model) == ["Gas", "Bans"])
        #expect(topics("natural ban", model) == ["Bans"])
        // A beginning of a term that does not go on is the term that it has passed, and the rest is read anew.
        #expect(topics("natural road natural gas road", model) == ["Roads", "Gas"])
    }

    @Test func titleCountsDoubleAndThreeAreEnough() throws {
        let model = try TopicModel(json: Array(Self.small.utf8))
        #expect(topics("gas", model).isEmpty)
        #expect(topics("", title: "Gas", model) == ["Gas"])
        #expect(topics("gas gas", model) == ["Gas"])
        // Gas 3 at most, park and trail 4.
        #expect(topics("gas gas gas gas gas gas park trail", model) == ["Parks", "Gas"])
        #expect(topics("gas gas park", title: "gas", model) == ["Gas", "Parks"])
    }

    @Test func tiesGoByTheFileAndThreeAreKept() throws {
        let model = try TopicModel(json: Array(Self.small.utf8))
        #expect(topics("road ban park", model) == ["Parks", "Bans", "Roads"])
        #expect(topics("road ban park natural gas", model) == ["Gas", "Parks", "Bans"])
    }

    @Test func refusesWhatIsNoTaxonomy() {
        func topic(_ terms: String) -> String { #"{"topics": [{"topic": "A", "area": "B", "terms": {\#(terms)}}]}"# }
        let refused = [
            "[]", "{", topic(#""a": 0"#), topic(#""a": 4"#), topic(#""Upper": 1"#), topic(#""": 1"#),
            topic(#""a b c d": 1"#), topic(#""a  b": 1"#), topic(#""a-b": 1"#), topic(#""a:b": 1"#), topic(#"" a": 1"#),
            #"{"topics": [{"topic": "A", "area": "B", "terms": {}}, {"topic": "A", "area": "B", "terms": {}}]}"#,
        ]
        for json in refused {
            #expect(throws: LakeError.self, "\(json)") { try TopicModel(json: Array(json.utf8)) }
        }
    }
}
