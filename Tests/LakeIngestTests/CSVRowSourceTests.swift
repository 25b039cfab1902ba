import Foundation
import LakeCore
import Testing

@testable import LakeIngest

@Suite struct CSVRowSourceTests {
    @Test func typesAreInferred() throws {
        let rows = try ImportedRows(
            text: """
                i,f,b,d,t,z,s,e,n,h,u,q
                1,1.5,true,2021-06-05,2021-06-05 10:00:00,007,x,,NaN,9007199254740993,18446744073709551615,"12"
                -2,2,False,,2021-06-06,8,,,1,0.5,0,""

                3,.5,TRUE,2020-02-29,2021-06-05T10:00:00+02:00,9,"",,-inf,1,1,13
                """, name: "input.csv")
        #expect(
            rows.types == [
                "i int64", "f float64", "b bool", "d date", "t timestamp", "z utf8", "s utf8", "e utf8", "n float64",
                "h utf8", "u uint64", "q int64",
            ])
        #expect(try rows.column("i") == ["1", "-2", "3"])
        #expect(try rows.column("b") == ["true", "false", "true"])
        #expect(try rows.column("d") == ["2021-06-05", nil, "2020-02-29"])
        #expect(try rows.column("z") == ["007", "8", "9"])
        #expect(try rows.column("s") == ["x", nil, ""])
        #expect(try rows.column("e") == [nil, nil, nil])
        #expect(try rows.column("n") == ["nan", "1.0", "-inf"])
        #expect(try rows.column("q") == ["12", nil, "13"])
        #expect(try rows.column("t")[2] == CalendarText.timestamp(1_622_880_000_000_000))
    }

    @Test func quotingByRFC4180() throws {
        let text =
            "\u{FEFF}a,\"b\"\"x\",c\r\n\"1,2\",\"say \"\"hi\"\"\",\"two\r\nlines\"\r\nplain\"quote, spaced ,\"\"\"\"\r\n"
        let rows = try ImportedRows(text: text, name: "input.csv")
        #expect(rows.schema.fields.map(\.name) == ["a", "b\"x", "c"])
        #expect(rows.rows == [["1,2", "say \"hi\"", "two\r\nlines"], ["plain\"quote", " spaced ", "\""]])
    }

    @Test(arguments: [",", ";", "\t", "|"], ["\n", "\r\n", "\r"])
    func delimitersAndLineEnds(delimiter: String, end: String) throws {
        let lines = [["a", "b"], ["1", "\"x,;|\t\(end)y\""], ["2", "z"]]
        let text = lines.map { $0.joined(separator: delimiter) }.joined(separator: end)
        for tail in ["", end] {
            let rows = try ImportedRows(text: text + tail, name: "input.csv")
            #expect(rows.rows == [["1", "x,;|\t\(end)y"], ["2", "z"]])
        }
    }

    @Test func badRecordsAreRefusedByLine() throws {
        let text = "a,b\n1,x\n2\n3,\"multi\nline\"\n4,y,z\n\"5\"x,y\n6,ok\n7,\"open\n8,fine\n"
        let rows = try ImportedRows(text: text, name: "input.csv", skipping: true)
        #expect(rows.rows == [["1", "x"], ["3", "multi\nline"], ["6", "ok"], ["8", "fine"]])
        #expect(rows.report.reasons.map(\.line) == [3, 6, 7, 9])
        #expect(
            rows.report.reasons.map(\.reason) == [
                "1 fields, where 2 are wanted", "3 fields, where 2 are wanted", "text behind a closing quote",
                "a quoted field is not closed",
            ])
        let error = try #require(lakeError { _ = try ImportedRows(text: text, name: "input.csv") })
        #expect(error.location.line == 3)
    }

    @Test func valuesThatDoNotFitADeclaredSchema() throws {
        let declared = try SchemaFile.decode(
            Array(#"{"fields":[{"name":"n","type":"uint8","nullable":false},{"name":"d","type":"date"}]}"#.utf8))
        let rows = try ImportedRows(
            text: "d,extra,n\n2021-06-05,x,1\n,x,2\n999,x,3\n,x,256\n\"\",x,4\n,x,\n,x,01\n", name: "input.csv",
            declared: declared, skipping: true)
        #expect(rows.rows == [["1", "2021-06-05"], ["2", nil], ["4", nil]])
        #expect(rows.report.reasons.map(\.line) == [4, 5, 7, 8])
        #expect(rows.report.reasons.map(\.column) == ["d", "n", "n", "n"])
        #expect(rows.report.ignoredFields.keys.sorted() == ["extra"])
    }

    @Test func invalidUTF8IsRefusedByLine() throws {
        let bytes = Array("a,b\n1,x\n2,".utf8) + [0xE9, 0x0A] + Array("3,\"é".utf8) + Array("\"\n".utf8)
        let input = try TextInput(bytes, name: "input.csv")
        let rows = try ImportedRows([input.path], options: ImportOptions(badLines: .skip(keeping: 5)))
        #expect(rows.rows == [["1", "x"], ["3", "é"]])
        #expect(rows.report.reasons.map(\.line) == [3])
    }

    @Test(arguments: ["", "\n", "a,a\n1,2\n", "\"a\n1,2\n"])
    func headersThatCannotBeRead(text: String) throws {
        let error = try #require(lakeError { _ = try ImportedRows(text: text, name: "input.csv") })
        #expect(error.code == .failed && error.location.file != nil)
    }

    @Test func filesWithoutHeader() throws {
        let input = try TextInput("1,x\n2,y\n", name: "input.csv")
        let options = ImportOptions(format: .csv(CSVDialect(hasHeader: false)))
        let rows = try ImportedRows([input.path], options: options)
        #expect(rows.types == ["column_1 int64", "column_2 utf8"])
        #expect(rows.rows == [["1", "x"], ["2", "y"]])
    }

    @Test func listsCannotComeFromCSV() throws {
        let declared = try Schema(fields: [Field(id: 1, name: "a", type: .list(.utf8))])
        let error = try #require(
            lakeError { _ = try ImportedRows(text: "a\nx\n", name: "input.csv", declared: declared) })
        #expect(error.location.column == "a" && error.hint != nil)
    }

    /// Blocks end inside fields, quotes and line ends; rows and line numbers must not notice.
    @Test func recordsAcrossBlocks() throws {
        var text = "n,s\r\n"
        for index in 0..<90_000 {
            let filler = String(repeating: "y", count: index % 89)
            text += index % 2 == 0 ? "\(index),\(filler)\r\n" : "\(index),\"\(filler)\"\"\r\n\"\r\n"
        }
        text += "x,1,2"
        let rows = try ImportedRows(text: text, name: "input.csv", skipping: true)
        #expect(rows.rows.count == 90_000)
        #expect(rows.rows.indices.allSatisfy { rows.rows[$0][0] == "\($0)" })
        #expect(rows.rows.indices.allSatisfy { (rows.rows[$0][1]?.utf8.count ?? 0) == $0 % 89 + ($0 % 2 == 0 ? 0 : 3) })
        #expect(rows.report.reasons.map(\.line) == [135_002])
    }
}
