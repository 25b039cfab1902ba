import LakeCore
import Testing

@testable import LakeQuery

@Suite struct ScalarTests {
    private let numbers: [Scalar] = [
        .float(-.infinity), .integer(.min), .float(-9.2e18), .integer(-1), .float(-0.5), .float(-0.0), .integer(0),
        .float(0.5), .integer(1), .float(1), .integer(1 << 53), .integer(1 << 53 + 1), .float(9_007_199_254_740_992),
        .integer(.max), .float(9_223_372_036_854_775_808), .unsigned(1 << 63), .unsigned(.max), .float(1e300),
        .float(.infinity), .float(.nan),
    ]

    @Test func orderIsTotal() {
        for a in numbers {
            #expect(a.compare(a) == 0)
            for b in numbers {
                #expect(a.compare(b).signum() == -b.compare(a).signum(), "\(a) \(b)")
                if a == b { #expect(a.hashValue == b.hashValue, "\(a) \(b)") }
            }
        }
    }

    @Test func integersMeetFloatsExactly() {
        #expect(Scalar.integer(1 << 53 + 1).compare(.float(9_007_199_254_740_992)) > 0)
        #expect(Scalar.integer(.max).compare(.float(9_223_372_036_854_775_808)) < 0)
        #expect(Scalar.integer(.min).compare(.float(-9_223_372_036_854_775_808)) == 0)
        #expect(Scalar.integer(-1).compare(.float(-1.5)) > 0)
        #expect(Scalar.integer(1).compare(.float(.nan)) < 0)
    }

    @Test func nullEqualsNothingElse() {
        #expect(Scalar.null == .null)
        #expect(Scalar.null != .integer(0))
        #expect(Scalar.float(.nan) == .float(.nan))
        #expect(Scalar.float(-0.0) == .float(0))
    }

    @Test func textByItsBytes() {
        let words = ["", "A", "Z", "a", "ab", "é", "日", "😀"].map { Scalar.bytes(Array($0.utf8)) }
        for (a, b) in zip(words, words.dropFirst()) { #expect(a.compare(b) < 0) }
    }
}
