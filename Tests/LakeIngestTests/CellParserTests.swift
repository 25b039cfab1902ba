import Foundation
import LakeCore
import Testing

@testable import LakeIngest

@Suite struct CellParserTests {
    private func parse<Value>(_ text: String, _ body: (Span<UInt8>, Int, Int) -> Value) -> Value {
        // Bytes around the cell must not matter.
        let bytes = Array("7\(text)7".utf8)
        return body(bytes.span, 1, bytes.count - 1)
    }

    @Test func floatsAreTheNearest() throws {
        let seed: UInt64 = 20_240_611
        print("seed \(seed)")
        var generator = SplitMix64(seed: seed)
        for _ in 0..<200_000 {
            let value = Double(bitPattern: UInt64.random(in: 0...UInt64.max, using: &generator))
            guard value.isFinite else { continue }
            let text = value.description
            let read = parse(text) { CellParser.float($0, $1, $2) }
            #expect(read?.bitPattern == value.bitPattern, "\(text)")
        }
        for _ in 0..<200_000 {
            let digits = (0..<Int.random(in: 1...25, using: &generator)).map { _ in
                String(Int.random(in: 0...9, using: &generator))
            }
            let text = "1" + digits.joined() + ".5e" + String(Int.random(in: -340...300, using: &generator))
            let read = parse(text) { CellParser.float($0, $1, $2) }
            let wanted = try #require(Double(text))
            #expect(read == (wanted.isFinite ? wanted : nil), "\(text)")
        }
    }

    @Test func integersAreExact() {
        let seed: UInt64 = 99
        print("seed \(seed)")
        var generator = SplitMix64(seed: seed)
        for _ in 0..<100_000 {
            let shift = UInt64.random(in: 0...63, using: &generator)
            let value = Int64(bitPattern: UInt64.random(in: 0...UInt64.max, using: &generator)) >> Int64(shift)
            let read = parse(String(value)) { CellParser.integer($0, $1, $2, low: .min, high: UInt64(Int64.max)) }
            #expect(read == value)
            let unsigned = UInt64(bitPattern: value)
            let other = parse(String(unsigned)) { CellParser.integer($0, $1, $2, low: 0, high: .max) }
            #expect(other == Int64(bitPattern: unsigned))
        }
        for text in [
            "18446744073709551616", "-9223372036854775809", "99999999999999999999", "00", "-0", "+1", "", "-", "1_0",
        ] {
            #expect(parse(text) { CellParser.integer($0, $1, $2) == nil })
        }
    }

    @Test func everyDayReadsBack() {
        for days in Int32(-719_162)...2_932_896 {
            let text = CalendarText.date(days)
            let read = parse(text) { CellParser.date($0, $1, $2) }
            guard read == Int64(days) else {
                Issue.record("\(text) reads as \(String(describing: read))")
                return
            }
        }
    }

    @Test func timesReadBack() {
        let seed: UInt64 = 3
        print("seed \(seed)")
        var generator = SplitMix64(seed: seed)
        for _ in 0..<50_000 {
            let micros = Int64.random(in: -62_135_596_800_000_000...253_402_300_799_999_999, using: &generator)
            let text = CalendarText.timestamp(micros)
            #expect(parse(text) { CellParser.timestamp($0, $1, $2) } == micros, "\(text)")
        }
    }

    @Test(arguments: [
        ("2021-06-05T10:11:12Z", 0), ("2021-06-05t10:11:12z", 0), ("2021-06-05 10:11:12", 0),
        ("2021-06-05T12:11:12+02:00", 0),
        ("2021-06-05T12:11:12+0200", 0), ("2021-06-05T12:11:12+02", 0), ("2021-06-05T04:41:12-05:30", 0),
        ("2021-06-05T10:11:12.000001", 1), ("2021-06-05T10:11:12.5Z", 500_000),
        ("2021-06-05T10:11:12.1000000", 100_000),
        ("2021-06-05T10:11:12,25", 250_000), ("2021-06-05T10:11Z", -12_000_000),
    ])
    func spellingsOfTimes(text: String, offset: Int64) {
        #expect(parse(text) { CellParser.timestamp($0, $1, $2) } == 1_622_887_872_000_000 + offset)
    }

    @Test(arguments: [
        "2021-06-05T", "2021-06-05T10", "2021-06-05T10:1", "2021-06-05T10:11:", "2021-06-05T10:11:12.",
        "2021-06-05T10:11:12+2",
        "2021-06-05T10:11:12Zx", "2021-06-05T25:00:00", "2021-06-05T10:60:00", "2021-06-05T10:11:61", "2021-02-30",
        "2021-00-01",
        "20210605", "2021-06-05X10:11:12", "2021-06-05T10:11:12+24:00", "2021-06-05T10:11:12+02:60", "٢٠٢١-٠٦-٠٥",
    ])
    func textsThatAreNoTimes(text: String) {
        #expect(parse(text) { CellParser.timestamp($0, $1, $2) } == nil)
    }

    @Test func base64ReadsBack() throws {
        var generator = SplitMix64(seed: 5)
        for length in 0..<300 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let text = Data(bytes).base64EncodedString()
            #expect(parse(text) { CellParser.base64($0, $1, $2) } == bytes)
        }
    }
}
