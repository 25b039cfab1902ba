import LakeBytes
import LakeCore
import LakeQuery
import Testing

@testable import AlphaAds

@Suite struct PromptColumnTests {
    /// How a test gives a column to the renderer.
    enum Form: CaseIterable {
        case plain, coded
    }

    /// A value of a column that prompts are made of.
    enum Value: Hashable {
        case null
        case text(String)
        case number(Int64)
        case list([String])
        case ranks([Int64])
    }

    private static func vector(_ values: [Value], _ form: Form, like kind: Value = .text("")) -> ColumnVector {
        var validity = Bitmap(count: values.count)
        for row in values.indices where values[row] != .null { validity[row] = true }
        let first = values.first { $0 != .null } ?? kind
        let plain: ColumnVector.Values
        switch first {
        case .list, .ranks:
            var (offsets, child) = ([0], [Value]())
            for value in values {
                switch value {
                case .list(let texts): child += texts.map { .text($0) }
                case .ranks(let ranks): child += ranks.map { .number($0) }
                // What stands where a list is NULL must not be seen.
                default: child.append(.text("no"))
                }
                offsets.append(child.count)
            }
            if case .ranks = first {
                child = child.map { if case .number = $0 { $0 } else { .number(1) } }
            }
            return ColumnVector(.lists(offsets: offsets, child: ListChild(vector(child, form))), validity: validity)
        case .number:
            plain = .integers(values.map { if case .number(let number) = $0 { number } else { 7 } })
        default:
            plain = .bytes(ByteStrings(values.map { if case .text(let text) = $0 { text } else { "no" } }))
        }
        let vector = ColumnVector(plain, validity: validity.population == validity.count ? nil : validity)
        guard form == .coded else { return vector }
        let distinct = values.indices.filter { values[$0] != .null && values.firstIndex(of: values[$0]) == $0 }
        let codes = values.map { value in
            UInt32(distinct.firstIndex { values[$0] == value } ?? distinct.count)
        }
        return ColumnVector(
            .codes(codes, dictionary: ValueDictionary(ColumnVector(plain).gathering(distinct))))
    }

    /// What `prompts` makes of `rows`, NULL where a row lacks a column.
    private func render(
        _ prompts: PromptSet, _ part: PromptSet.Part = .prompt, _ rows: [[String: Value]], _ form: Form = .plain
    ) throws -> [String?] {
        let column = PromptColumn(prompts, part: part)
        let inputs = column.inputs.map { name in
            // A column without values has a type all the same.
            let isNumber = ["_lower", "_upper", "_date"].contains { name.hasSuffix($0) }
            return PromptColumnTests.vector(
                rows.map { $0[name] ?? .null }, form, like: isNumber ? .number(0) : .text(""))
        }
        let vector = try column.values(inputs).spelledOut()
        guard case .bytes(let strings) = vector.values, strings.count == rows.count else { return [] }
        return rows.indices.map { vector.isNull($0) ? nil : strings.string($0) }
    }

    private func set(_ prompt: String, response: String = "") throws -> PromptSet {
        func quoted(_ text: String) -> String { text.replacing("\n", with: "\\n") }
        return try PromptSet(
            json: Array(
                """
                {"version": 1, "tasks": {"TS-B": {"prompt": "\(quoted(prompt))", "response": "\(quoted(response))"}}}
                """.utf8))
    }

    private static let task: [String: Value] = ["task": .text("TS-B")]

    private func one(_ prompt: String, _ row: [String: Value], _ form: Form) throws -> String? {
        try render(try set(prompt), .prompt, [row.merging(PromptColumnTests.task) { $1 }], form).first ?? nil
    }

    @Test(arguments: Form.allCases) func slotsAndGroups(form: Form) throws {
        let row: [String: Value] = ["gender": .text("female"), "ad_body": .text("Vote."), "ad_title": .text("")]
        #expect(try one("<{gender}> {body}{title}{age}", row, form) == "<female> Vote.")
        #expect(try one("a[[ b {age}]][[ c {title}]][[ d {body}]]", row, form) == "a d Vote.")
        #expect(try one("[[{body} {age}]]x[[{age} {body}]]y[[{body}{gender}]]", row, form) == "xyVote.female")
        #expect(try one("[[gender=female:women]][[gender=male:men]][[age=65+:old]]", row, form) == "women")
        #expect(try one("[[gender=female:{title}]][[gender=female:{body}]]", row, form) == "Vote.")
        #expect(try one("a\n[[- {age}]]\n[[- {gender}]]\nb", row, form) == "a\n- female\nb")
    }

    @Test(arguments: Form.allCases) func lists(form: Form) throws {
        let row: [String: Value] = [
            "ad_keywords": .list(["tax", "", "job"]), "ad_platforms": .list([]), "target_keywords": .list(["", "x"]),
        ]
        let prompt = "{keywords}[[; {platforms}]][[; {title_keywords}]]; {target_keywords}"
        #expect(try one(prompt, row, form) == "tax, job; x")
    }

    @Test(arguments: Form.allCases) func ranges(form: Form) throws {
        func range(_ lower: Int64?, _ upper: Int64?, _ currency: String?) throws -> String? {
            var row: [String: Value] = [:]
            row["ad_spend_lower"] = lower.map { .number($0) }
            row["ad_spend_upper"] = upper.map { .number($0) }
            row["ad_currency"] = currency.map { .text($0) }
            return try one("{spend_range}", row, form)
        }
        #expect(try range(100, 199, "USD") == "USD 100-199")
        #expect(try range(0, 99, nil) == "0-99")
        #expect(try range(1000, 1_234_567_890, "EUR") == "EUR 1,000-1,234,567,890")
        #expect(try range(1_000_000, nil, "USD") == "USD 1,000,000 or more")
        #expect(try range(10_050, 10_050, nil) == "10,050")
        #expect(try range(nil, 99, "USD") == "")
        #expect(try range(-5, .max, nil) == "-5-9,223,372,036,854,775,807")
        #expect(try range(.min, nil, nil) == "-9,223,372,036,854,775,808 or more")
        let row: [String: Value] = ["ad_audience_lower": .number(100_001), "ad_audience_upper": .number(500_000)]
        #expect(try one("{audience_size}[[, {impressions_range}]]", row, form) == "100,001-500,000")
    }

    @Test(arguments: Form.allCases) func dates(form: Form) throws {
        for days in [0, 19_304, -1, 11_016, -719_528, 2_932_896, 2_932_897, Int64(Int32.min)] {
            let text = CalendarText.date(Int32(days))
            #expect(try one("{start_date}", ["ad_start_date": .number(days)], form) == text)
        }
        #expect(try one("{stop_date}", ["ad_stop_date": .number(1 << 40)], form) == "")
    }

    @Test(arguments: Form.allCases) func topStates(form: Form) throws {
        func states(_ ranks: [Int: Int64], count: Int = 51) throws -> String? {
            let all = (0..<count).map { ranks[$0] ?? 0 }
            return try one("{top_states}", ["ad_region_rank": .ranks(all)], form)
        }
        let names = Census.standard.states
        #expect(try states([4: 2, 9: 1, 3: 3, 0: 4]) == "\(names[9]), \(names[4]), \(names[3])")
        #expect(try states([50: 1, 49: 1, 2: 3, 1: 3]) == "\(names[49]), \(names[50]), \(names[1])")
        #expect(try states([5: 1, 6: 1, 7: 1, 8: 1]) == "\(names[5]), \(names[6]), \(names[7])")
        #expect(try states([7: 1]) == names[7])
        #expect(try states([:]) == "")
        #expect(try states([60: 1, 3: 2], count: 70) == names[3])
    }

    @Test(arguments: Form.allCases) func rowsWithoutTemplatesAreNull(form: Form) throws {
        let prompts = try set("{gender}", response: "{target_body}")
        let rows: [[String: Value]] = [
            ["task": .text("TS-B"), "gender": .text("male"), "target_body": .text("a")],
            ["task": .text("TS-E"), "gender": .text("male"), "target_body": .text("b")],
            ["gender": .text("male")], ["task": .text("TS-B"), "target_body": .text("c")],
        ]
        #expect(try render(prompts, .prompt, rows, form) == ["male", nil, nil, ""])
        #expect(try render(prompts, .response, rows, form) == ["a", nil, nil, "c"])
        #expect(try render(prompts, .response, [PromptColumnTests.task] + rows, form) == ["", "a", nil, nil, "c"])
        #expect(try render(prompts, .prompt, [], form) == [])
    }

    /// Numbers where text is meant are written out, floats where numbers are meant serve if they are whole.
    @Test func otherTypes() throws {
        let column = PromptColumn(try set("{age} {start_date}"), part: .prompt)
        #expect(column.inputs == ["task", "ad", "age", "ad_start_date"])
        let task = ColumnVector(.bytes(ByteStrings(["TS-B", "TS-B"])))
        let key = ColumnVector(.integers([1, 2]))
        let vector = try column.values([
            task, key, ColumnVector(.integers([65, -1])), ColumnVector(.floats([19_304, 0.5])),
        ])
        guard case .bytes(let strings) = vector.values else { return }
        #expect(strings == ByteStrings(["65 2022-11-08", "-1 "]))
        #expect(throws: LakeError.self) { try column.values([task, key, task, task]) }
        #expect(throws: LakeError.self) { try column.values([task, key, key]) }
        #expect(throws: LakeError.self) { try column.values([task, key, key, ColumnVector(.integers([1]))]) }
    }

    // MARK: - All templates

    /// Samples of all tasks, three of one ad behind each other; every value is NULL or empty now and then.
    private static func samples(_ count: Int) -> [[String: Value]] {
        var random = SplitMix64(seed: 5)
        func draw(_ values: [Value]) -> Value { values[Int(random.next() % UInt64(values.count))] }
        func ad(_ number: Int, _ prefix: String) -> [String: Value] {
            var row: [String: Value] = [:]
            for name in ["page_name", "title", "body", "media_text", "currency"] {
                row[prefix + name] = draw([.text("\(name) \(number)"), .text("ä\(number)"), .text(""), .null])
            }
            for name in ["keywords", "title_keywords", "platforms"] {
                row[prefix + name] = draw([.list(["one", "\(number)"]), .list([]), .list(["", "two"]), .null])
            }
            for name in ["start_date", "stop_date"] { row[prefix + name] = draw([.number(Int64(number)), .null]) }
            for name in ["spend", "impressions", "audience"] {
                row[prefix + name + "_lower"] = draw([.number(0), .number(Int64(number) * 1000), .null])
                row[prefix + name + "_upper"] = draw([.number(99), .number(Int64(number) * 1000 + 499), .null])
            }
            let ranks = (0..<51).map { Int64(($0 * 7 + number) % 52) }
            row[prefix + "region_rank"] = draw([.ranks(ranks), .ranks(ranks), .null])
            return row
        }
        var rows: [[String: Value]] = []
        var (own, target) = (ad(0, "ad_"), ad(1, "target_"))
        for row in 0..<count {
            if row % 3 == 0 { own = ad(row, "ad_") }
            if row % 2 == 0 { target = ad(row + 1, "target_") }
            var sample = own.merging(target) { $1 }
            sample["task"] = row % 50 == 7 ? .null : .text(PromptSet.taskNames[row / 30 % 18])
            sample["ad"] = .number(Int64(row / 3))
            sample["target_ad"] = row % 11 < 2 ? .null : .number(Int64(row / 2))
            sample["age"] = draw([.text("65+"), .text("13-17"), .null])
            sample["gender"] = draw([.text("female"), .text("male"), .null])
            sample["region"] = draw([.text("Ohio"), .text("Utah"), .null])
            sample["source_group"] = draw([.text("people"), .text("places"), .text("female"), .null])
            sample["target_group"] = draw([.text("male"), .text("female"), .text("Iowa"), .null])
            rows.append(sample)
        }
        return rows
    }

    /// The same as the renderer, one row and one segment at a time.
    private static func plainly(_ segments: [PromptTemplate.Segment], _ row: [String: Value]) -> String {
        segments.map { segment in
            switch segment {
            case .text(let bytes): return String(decoding: bytes, as: UTF8.self)
            case .slot(let slot): return plainly(slot, row)
            case .group(let condition, let inner):
                if let condition, plainly(condition.slot, row) != String(decoding: condition.value, as: UTF8.self) {
                    return ""
                }
                for case .slot(let slot) in inner where plainly(slot, row).isEmpty { return "" }
                return plainly(inner, row)
            }
        }.joined()
    }

    private static func plainly(_ slot: PromptSlot, _ row: [String: Value]) -> String {
        let values = slot.columns.map { row[$0.name] ?? .null }
        switch (slot.form, values[0]) {
        case (.text, .text(let text)): return text
        case (.text, .list(let texts)): return texts.filter { !$0.isEmpty }.joined(separator: ", ")
        case (.date, .number(let days)): return CalendarText.date(Int32(days))
        case (.range, .number(let lower)):
            var text = grouped(lower)
            if case .number(let upper) = values[1] {
                if upper != lower { text += "-" + grouped(upper) }
            } else {
                text += " or more"
            }
            if values.count > 2, case .text(let currency) = values[2], !currency.isEmpty {
                text = "\(currency) \(text)"
            }
            return text
        case (.states, .ranks(let ranks)):
            let order = ranks.indices.filter { (1...3).contains(ranks[$0]) }.sorted {
                (ranks[$0], $0) < (ranks[$1], $1)
            }
            return order.prefix(3).map { Census.standard.states[$0] }.joined(separator: ", ")
        default: return ""
        }
    }

    private static func grouped(_ number: Int64) -> String {
        var digits = Array(String(number))
        for place in stride(from: digits.count - 3, to: 0, by: -3) { digits.insert(",", at: place) }
        return String(digits)
    }

    @Test(arguments: Form.allCases) func allTemplatesAsPlainly(form: Form) throws {
        let prompts = PromptSet.standard
        let rows = PromptColumnTests.samples(600)
        for part in PromptSet.Part.allCases {
            let rendered = try render(prompts, part, rows, form)
            for (row, text) in zip(rows, rendered) {
                guard case .text(let task)? = row["task"] else {
                    #expect(text == nil)
                    continue
                }
                let index = try #require(prompts.tasks.firstIndex(of: task))
                #expect(text == PromptColumnTests.plainly(prompts.templates(part)[index].segments, row))
            }
            let columns = SamplePrompts.columns(prompts)
            #expect(columns.keys.sorted() == ["prompt", "response"])
            #expect(columns[part.rawValue]?.inputs == PromptColumn(prompts, part: part).inputs)
        }
    }
}
