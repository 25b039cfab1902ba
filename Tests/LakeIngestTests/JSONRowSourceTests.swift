import Foundation
import LakeCore
import Testing

@testable import LakeIngest

@Suite struct JSONRowSourceTests {
    @Test func typesAreInferred() throws {
        let rows = try ImportedRows(
            text: """
                {"a": 1, "b": true, "c": 1.5, "d": "x", "e": "2021-06-05", "f": "2021-06-05T10:00:00Z", "g": [1, 2], "h": {"k": [1]}}
                {"a": -9223372036854775808, "b": null, "c": 2, "e": null, "f": "2021-06-05", "g": [], "h": null, "i": 18446744073709551615}

                {"g": null, "a": 9223372036854775807, "j": ["p", null, "q"], "k": [[1]], "l": null}
                """)
        #expect(
            rows.types == [
                "a int64", "b bool", "c float64", "d utf8", "e date", "f timestamp", "g list<int64>", "h utf8",
                "i uint64",
                "j list<utf8>", "k utf8", "l utf8",
            ])
        #expect(try rows.column("a") == ["1", "-9223372036854775808", "9223372036854775807"])
        #expect(try rows.column("b") == ["true", nil, nil])
        #expect(try rows.column("c") == ["1.5", "2.0", nil])
        #expect(try rows.column("e") == ["2021-06-05", nil, nil])
        #expect(try rows.column("g") == ["[1,2]", "[]", nil])
        #expect(try rows.column("h") == [#"{"k": [1]}"#, nil, nil])
        #expect(try rows.column("i") == [nil, "18446744073709551615", nil])
        #expect(try rows.column("j") == [nil, nil, "[p,null,q]"])
        #expect(try rows.column("k") == [nil, nil, "[[1]]"])
        #expect(try rows.column("l") == [nil, nil, nil])
    }

    /// Numbers whose value or sign a narrower type would change keep their text.
    @Test(arguments: [
        ("[9007199254740993, 0.5]", "utf8"), ("[9007199254740992, 0.5]", "float64"), ("[9007199254740993]", "int64"),
        ("[18446744073709551616]", "utf8"), ("[-9223372036854775809]", "utf8"), ("[-1, 18446744073709551615]", "utf8"),
        ("[-0]", "float64"), ("[-0, 9007199254740993]", "utf8"), ("[1e5]", "float64"), ("[1e400]", "utf8"),
        ("[1e-400]", "float64"), ("[1, true]", "utf8"), (#"[1, "1"]"#, "utf8"), (#"["12"]"#, "utf8"),
        (#"["NaN"]"#, "utf8"),
        (#"["2021-02-29"]"#, "utf8"), (#"["2021-06-05", ""]"#, "date"), (#"["2021-06-05", "x"]"#, "utf8"),
        (#"[""]"#, "utf8"), (#"["2021-06-05 10:00:00.1234567"]"#, "utf8"),
        (#"["2021-06-05 10:00:00.123456"]"#, "timestamp"),
        ("[[1, 2.5]]", "list<float64>"), (#"[[1, "a"]]"#, "list<utf8>"), ("[[true], [null]]", "list<bool>"),
        ("[[], []]", "list<utf8>"), ("[[1], 1]", "utf8"), (#"[["2021-06-05"]]"#, "list<date>"),
    ])
    func edgesOfInference(values: String, type: String) throws {
        let parsed = try #require(try JSONValues.split(values))
        let text = parsed.map { #"{"v": \#($0)}"# }.joined(separator: "\n")
        let rows = try ImportedRows(text: text)
        #expect(rows.types == ["v \(type)"])
        if type == "utf8" {
            let plain = parsed.map { $0.hasPrefix("\"") ? String($0.dropFirst().dropLast()) : $0 }
            #expect(try rows.column("v") == plain)
        }
        // What was inferred takes every value, without a bad line.
        #expect(rows.rows.count == parsed.count)
    }

    @Test func stringsAreUnescaped() throws {
        let rows = try ImportedRows(
            text: #"{"s": "a\"\\\/\b\f\n\r\t\u0041\u00e9\u20ac\ud83d\ude00é", "\u006b\n": 1}"#)
        #expect(rows.rows == [["a\"\\/\u{8}\u{c}\n\r\tAé€😀é", "1"]])
        #expect(rows.schema.fields[1].name == "k\n")
    }

    /// Each malformed line is left out with a reason, and its neighbours stay.
    @Test(arguments: [
        (#"{"a": 1"#, "malformed"), (#"{"a": 1,}"#, "malformed"), (#"{"a" 1}"#, "malformed"), (#"{a: 1}"#, "malformed"),
        (#"{"a": 01}"#, "not a JSON number"), (#"{"a": 1.}"#, "not a JSON number"), (#"{"a": -}"#, "not a JSON number"),
        (#"{"a": +1}"#, "not a JSON value"), (#"{"a": nul}"#, "not a JSON value"), (#"{"a": NaN}"#, "not a JSON value"),
        (#"{"a": tru"e"}"#, "not a JSON value"), (#"{"a": 1 2}"#, "malformed"), (#"{"a": 1} x"#, "text behind"),
        (#"{"a": 1}{"a": 2}"#, "text behind"), (#"{"s": "x}"#, "not closed"), (#"{"s": "\q"}"#, "bad escape"),
        (#"{"s": "\u12g4"}"#, "bad escape"), (#"{"s": "\ud800"}"#, "surrogate"), (#"{"s": "\udc00"}"#, "surrogate"),
        (#"{"a": 1, "a": 2}"#, "occurs twice"), ("[1]", "not an object"), ("7", "not an object"),
        ("\"x\"", "not an object"),
        ("null", "not an object"), ("}", "malformed"), (#"{"a": [1}"#, "malformed"), (#"{"a": {"b": 1]}"#, "malformed"),
        (#"{"a": {"b": [tru]}}"#, "not a JSON value"), (#"{"a": }"#, "malformed"), (#"{"a"}"#, "malformed"),
        ("{\"s\": \"tab\there\"}", "control character"),
    ])
    func malformedLines(line: String, reason: String) throws {
        let text = "{\"a\": 1, \"s\": \"x\"}\n\(line)\n\n{\"a\": 3, \"s\": \"y\"}\n"
        let rows = try ImportedRows(text: text, skipping: true)
        #expect(try rows.column("a") == ["1", "3"])
        #expect(rows.report.badLines == 1)
        let bad = try #require(rows.report.reasons.first)
        #expect(bad.line == 2)
        #expect(bad.reason.contains(reason), "\(bad.reason)")
        let error = try #require(lakeError { _ = try ImportedRows(text: text) })
        #expect(error.location.line == 2 && error.code == .failed)
        #expect(error.message.contains(reason) && error.hint != nil)
        // A declared schema skips inference, so that the second reading alone must find the same.
        let declared = try SchemaFile.decode(
            Array(#"{"fields":[{"name":"a","type":"int64"},{"name":"s","type":"utf8"}]}"#.utf8))
        let again = try ImportedRows(text: text, declared: declared, skipping: true)
        #expect(again.rows == [["1", "x"], ["3", "y"]])
        #expect(again.report.reasons.map(\.line) == [2])
    }

    @Test func invalidUTF8IsRefusedByLine() throws {
        var bytes = Array("{\"a\": \"x\"}\n{\"a\": \"".utf8)
        bytes += [0xFF, 0xFE] + Array("\"}\n{\"a\": \"z\"}".utf8)
        let input = try TextInput(bytes)
        let rows = try ImportedRows([input.path], options: ImportOptions(badLines: .skip(keeping: 5)))
        #expect(rows.rows == [["x"], ["z"]])
        #expect(rows.report.reasons.map(\.line) == [2])
        #expect(rows.report.reasons.first?.reason == "not valid UTF-8")
    }

    @Test func deepNestingIsRefused() throws {
        let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
        let rows = try ImportedRows(text: "{\"a\": \(deep)}\n{\"a\": 1}", skipping: true)
        #expect(rows.rows == [["1"]])
        #expect(rows.report.reasons.first?.reason.contains("256 levels") == true)
    }

    /// Every type takes what it holds, strings that spell a value included, and refuses the rest by row.
    @Test(arguments: [
        ("int8", #"[-128, 127, "5", ""]"#, #"[128, -129, 1.0, "x", true, "007", [1], {}]"#),
        ("uint8", "[0, 255]", "[256, -1]"), ("uint64", "[18446744073709551615]", "[18446744073709551616, -1]"),
        ("int64", #"["-9223372036854775808"]"#, #"["9223372036854775808", 9223372036854775808, "-0", -0, "+1", " 1"]"#),
        (
            "float64", #"[1, 0.5, "NaN", "-inf", "9E-6", ".5", -0]"#,
            #"[9007199254740993, 1e400, "x", "9007199254740993", true]"#
        ),
        ("float32", "[0.1, 1e38]", "[1e39]"), ("bool", #"[true, "False", "TRUE"]"#, #"[1, 0, "yes", "tRUE"]"#),
        (
            "date", #"["2000-02-29", "0001-01-01", "9999-12-31"]"#,
            #"["1900-02-29", "2021-13-01", "2021-6-5", 5, "0000-01-01"]"#
        ),
        (
            "timestamp", #"["2021-06-05 10:11:12.5+02:00"]"#,
            #"["2021-06-05T24:00:00", "2021-06-05T10", "2021-06-05T10:00:60Z"]"#
        ),
        ("utf8", #"["x", 1e5, true, {"a":  1}, [1]]"#, "[]"),
        ("binary", #"["", "AQID", "AQ=="]"#, #"["AQI", "AR==", 5, "A=Q="]"#),
        ("list<int8>", #"[[1, null, "2"], []]"#, #"[[1, 128], ["x"], 5, "x", [[1]]]"#),
        ("fixed_list<float32, 2>", "[[1, 2], null, [0.5, null]]", "[[1], [1, 2, 3], [1, true], 5]"),
        ("list<date>", #"[["2021-06-05", null]]"#, #"[["2021-06-05", "x"]]"#),
    ])
    func declaredTypes(type: String, good: String, bad: String) throws {
        let declared = try Schema(fields: [
            Field(id: 1, name: "n", type: .int64), Field(id: 2, name: "v", type: DataType(parsing: type)),
        ])
        let goods = try JSONValues.split(good)
        let bads = try JSONValues.split(bad)
        let mixed =
            zip(goods.indices, goods).map { ($0, $1, true) } + zip(bads.indices, bads).map { ($0 + 1000, $1, false) }
        var generator = SplitMix64(seed: 7)
        let order = mixed.shuffled(using: &generator)
        let text = order.map { #"{"n": \#($0.0), "v": \#($0.1)}"# }.joined(separator: "\n")
        let rows = try ImportedRows(text: text, declared: declared, skipping: true)
        #expect(try rows.column("n") == order.filter(\.2).map { "\($0.0)" })
        #expect(rows.report.badLines == bads.count)
        #expect(rows.report.reasons.allSatisfy { $0.column == "v" })
        #expect(
            rows.report.reasons.map(\.line)
                == order.indices.filter { !order[$0].2 }.map { $0 + 1 }.prefix(10).map { $0 })
    }

    @Test func nullsInColumnsThatMustHaveValuesAreRefused() throws {
        let declared = try Schema(fields: [Field(id: 1, name: "a", type: .int64, nullable: false)])
        let rows = try ImportedRows(
            text: "{\"a\": 1}\n{\"a\": null}\n{}\n{\"a\": \"\"}\n{\"a\": 2}", declared: declared, skipping: true)
        #expect(rows.rows == [["1"], ["2"]])
        #expect(rows.report.reasons.map(\.line) == [2, 3, 4])
    }

    @Test func fieldsOutsideADeclaredSchemaAreCounted() throws {
        let declared = try Schema(fields: [Field(id: 1, name: "a", type: .int64)])
        let rows = try ImportedRows(text: "{\"a\": 1, \"b\": {\"c\": 1}}\n{\"b\": 2}\n{\"x\": 1}", declared: declared)
        #expect(rows.rows == [["1"], [nil], [nil]])
        #expect(rows.report.ignoredFields == ["b": 2, "x": 1])
    }

    @Test(arguments: [
        "[{\"a\": 1},\n {\"a\": 2}]\n", "{\n \"a\": 1\n}\n{\"a\":\n2}", "  [ {\"a\":1}\n,\n{\"a\":2}\n]  ",
        "[{\"a\":1},{\"a\":2}]",
    ])
    func arraysAndObjectsOverManyLines(text: String) throws {
        let rows = try ImportedRows(text: text, name: "input.json")
        #expect(rows.rows == [["1"], ["2"]])
    }

    @Test func arraysThatAreMalformed() throws {
        for (text, line) in [
            ("[{\"a\":1},\n{\"a\":2}", 2), ("[{\"a\":1}\n{\"a\":2}]", 2), ("[{\"a\":1}]\nx", 2),
            ("[{\"a\":1},\n{\"a\":", 2),
            ("[{\"a\":1},\n5]", 2),
        ] {
            let error = try #require(lakeError { _ = try ImportedRows(text: text, name: "input.json") })
            #expect(error.location.line == line, "\(text): \(error)")
        }
    }

    /// Blocks end anywhere; rows and line numbers must not notice.
    @Test func recordsAcrossBlocks() throws {
        var text = ""
        for index in 0..<90_000 {
            text +=
                #"{"n": \#(index), "s": "\#(String(repeating: "x", count: index % 97))"}"#
                + (index % 3 == 0 ? "\r\n" : "\n")
        }
        text += "{\"n\": x}"
        let rows = try ImportedRows(text: text, skipping: true)
        #expect(rows.rows.count == 90_000)
        #expect(rows.rows.indices.allSatisfy { rows.rows[$0][0] == "\($0)" && rows.rows[$0][1]?.count == $0 % 97 })
        #expect(rows.report.reasons.map(\.line) == [90_001])
    }

    @Test func oneValueOfTenMegabytes() throws {
        let long = String(repeating: "é", count: 5 << 20)
        let rows = try ImportedRows(text: "{\"s\": \"a\"}\n{\"s\": \"\(long)\"}\n{\"s\": \"b\"}")
        #expect(rows.rows.map { $0[0]?.utf8.count } == [1, 10 << 20, 1])
    }
}

/// Cuts an array in JSON into the texts of its elements, with Foundation's parser as the judge of where they end.
enum JSONValues {
    static func split(_ array: String) throws -> [String] {
        var (values, current, depth, isQuoted) = ([String](), "", 0, false)
        for character in array.dropFirst().dropLast() {
            if character == "\"" { isQuoted.toggle() }
            if !isQuoted, "[{".contains(character) { depth += 1 }
            if !isQuoted, "]}".contains(character) { depth -= 1 }
            if character == ",", depth == 0, !isQuoted {
                values.append(current)
                current = ""
            } else if character != " " || !current.isEmpty {
                current.append(character)
            }
        }
        return current.isEmpty ? values : values + [current]
    }
}
