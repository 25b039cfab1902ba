import Foundation
import LakeCore
import Testing

@testable import AlphaAds

@Suite struct PromptTemplateTests {
    private func text(_ text: String) -> PromptTemplate.Segment { .text(Array(text.utf8)) }

    private func slot(_ name: String) throws -> PromptTemplate.Segment { .slot(try #require(PromptSlot.named(name))) }

    @Test func textAndSlots() throws {
        #expect(try PromptTemplate("").segments == [])
        #expect(
            try PromptTemplate("Say [URL] {{so}} {body}.").segments == [
                text("Say [URL] {so} "), slot("body"), text("."),
            ])
        #expect(try PromptTemplate("{{{title}}}").segments == [text("{"), slot("title"), text("}")])
        #expect(try PromptTemplate("{gender}{target_title}").segments == [slot("gender"), slot("target_title")])
    }

    @Test func groups() throws {
        #expect(
            try PromptTemplate("a [[b {age}]] c").segments == [
                text("a "), .group(nil, [text("b "), slot("age")]), text(" c"),
            ])
        let women = PromptTemplate.Condition(
            slot: try #require(PromptSlot.named("gender")), value: Array("female".utf8))
        #expect(
            try PromptTemplate("[[gender=female:women: {age}]]").segments == [
                .group(women, [text("women: "), slot("age")])
            ])
        #expect(
            try PromptTemplate("[[{body} [URL]]]!").segments == [
                .group(nil, [slot("body"), text(" [URL]")]), text("!"),
            ])
    }

    @Test func groupsThatAreLines() throws {
        #expect(
            try PromptTemplate("a\n[[{age}]]\nb").segments == [
                text("a\n"), .group(nil, [slot("age"), text("\n")]), text("b"),
            ])
        #expect(
            try PromptTemplate("[[{age}]]\n[[{title}]]").segments == [
                .group(nil, [slot("age"), text("\n")]), .group(nil, [slot("title")]),
            ])
        #expect(
            try PromptTemplate("a [[{age}]]\nb").segments == [
                text("a "), .group(nil, [slot("age")]), text("\nb"),
            ])
    }

    @Test(
        arguments: [
            ("{boddy}", "line 1, column 1: there is no slot 'boddy'", "did you mean 'body'?"),
            (
                "one\ntwo {age", "line 2, column 5: '{' without '}' behind a slot's name",
                "'{{' and '}}' are braces as text"
            ),
            ("{a b}", "line 1, column 1: '{' without '}' behind a slot's name", "'{{' and '}}' are braces as text"),
            ("ä}", "line 1, column 2: '}' without '{'", "'{{' and '}}' are braces as text"),
            ("[[{age}", "line 1, column 1: '[[' without ']]'", nil),
            ("{age}]]", "line 1, column 6: ']]' without '[['", nil),
            ("[[{age} [[{body}]]]]", "line 1, column 9: a group within a group", "close the first with ']]'"),
            (
                "[[URL]]", "line 1, column 1: a group without a slot",
                "it would always be there: leave out '[[' and ']]'"
            ),
            ("[[gender=female]]", "line 1, column 3: a condition without ':' behind it", nil),
            ("[[gendre=female:x]]", "line 1, column 3: there is no slot 'gendre'", "did you mean 'gender'?"),
            ("[[spend_range=1:x]]", "line 1, column 3: a condition on 'spend_range', which is no plain text", nil),
        ] as [(String, String, String?)])
    func refusals(_ text: String, _ message: String, _ hint: String?) {
        #expect(throws: LakeError(.usage, message, hint: hint)) { try PromptTemplate(text) }
    }

    // MARK: - Sets

    @Test func standardTemplatesAreThoseUnderSchemas() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let data = try Data(contentsOf: root.appending(path: "Schemas/prompts/v1.json"))
        let prompts = try PromptSet(json: Array(data))
        #expect(prompts.tasks == PromptSet.taskNames && PromptSet.standard.tasks == prompts.tasks)
        #expect(prompts.version == 1 && PromptSet.standard.version == 1)
        for part in PromptSet.Part.allCases {
            #expect(PromptSet.standard.templates(part) == prompts.templates(part))
        }
        #expect(prompts.lookups.elementsEqual(PromptColumn.lookups) { $0.name == $1.name })
    }

    @Test func responsesAreWhatTheTasksAsk() {
        let prompts = PromptSet.standard
        for (task, response) in zip(prompts.tasks, prompts.templates(.response)) {
            let names = response.slots.map(\.name)
            switch task.prefix(3) {
            case "TAG": #expect(names == ["body"], "\(task)")
            case "TAP": #expect(names.count == 1 && names != ["body"], "\(task)")
            default: #expect(names == ["target_body"], "\(task)")
            }
        }
    }

    /// A prompt that holds what its response says would teach nothing.
    @Test func promptsDoNotHoldTheirResponses() {
        let prompts = PromptSet.standard
        for (index, task) in prompts.tasks.enumerated() {
            let asked = Set(prompts.templates(.prompt)[index].slots.flatMap(\.columns).map(\.name))
            var answers = Set(prompts.templates(.response)[index].slots.flatMap(\.columns).map(\.name))
            // TAP-B says in which currency to answer.
            answers.remove("ad_currency")
            if task == "TAP-G" { answers.insert("gender") }
            if task == "TAP-A" { answers.insert("age") }
            if task == "TAP-R" { answers.formUnion(["region", "target_group"]) }
            #expect(asked.isDisjoint(with: answers), "\(task)")
        }
    }

    @Test func lookupsAreColumnsOfAds() throws {
        let ads = try AdTables.ads()
        let lookups = PromptSet.standard.lookups
        #expect(Set(lookups.map(\.name)).count == lookups.count)
        for lookup in lookups {
            #expect(ads.index(of: lookup.column) != nil, "\(lookup.column)")
            #expect(lookup.name == (lookup.isTarget ? "target_" : "ad_") + lookup.column)
        }
        #expect(lookups.contains { $0.name == "ad_body" && !$0.isTarget })
        #expect(lookups.contains { $0.name == "target_body" && $0.isTarget })
    }

    private func set(_ json: String) throws -> PromptSet { try PromptSet(json: Array(json.utf8), file: "p.json") }

    @Test func linesAndStrings() throws {
        let prompts = try set(
            #"{"version": 3, "tasks": {"TS-B": {"prompt": ["a", "{title}"], "response": "b"}, "#
                + #""TAG-G": {"prompt": "c", "response": []}}}"#)
        #expect(prompts.tasks == ["TAG-G", "TS-B"] && prompts.version == 3)
        #expect(prompts.templates(.prompt) == [try PromptTemplate("c"), try PromptTemplate("a\n{title}")])
        #expect(prompts.templates(.response) == [try PromptTemplate(""), try PromptTemplate("b")])
        #expect(prompts.lookups.map(\.name) == ["ad_title"])
    }

    @Test func refusedSets() {
        #expect(
            throws: LakeError(
                .usage, "prompt of TS-B, line 1, column 3: there is no slot 'titel'", at: .init(file: "p.json"),
                hint: "did you mean 'title'?")
        ) { try set(#"{"version": 1, "tasks": {"TS-B": {"prompt": "a {titel}", "response": "b"}}}"#) }
        #expect(
            throws: LakeError(
                .usage, "prompt templates: there is no task 'TS_B'", at: .init(file: "p.json"),
                hint: "did you mean 'TS-B'?")
        ) { try set(#"{"version": 1, "tasks": {"TS_B": {"prompt": "a", "response": "b"}}}"#) }
        for json in [
            "", "[]", #"{"version": 1}"#, #"{"version": 1, "tasks": {"TS-B": {"prompt": 1, "response": ""}}}"#,
        ] {
            #expect { try set(json) } throws: { error in
                (error as? LakeError)?.code == .usage && (error as? LakeError)?.location.file == "p.json"
            }
        }
    }
}
