import LakeCore
import Testing

@testable import LakeQuery

@Suite("Scalar+Cast") struct ScalarCastTests {
    private static func bytes(_ text: String) -> Scalar { .bytes(Array(text.utf8)) }

    private static let fitting: [(Scalar, DataType, DataType, Scalar)] = [
        (.integer(18_262), .date, .utf8, bytes("2020-01-01")),
        (.integer(18_262), .date, .timestamp, .integer(1_577_836_800_000_000)),
        (.integer(1_577_836_800_000_001), .timestamp, .date, .integer(18_262)),
        (.integer(-1), .timestamp, .date, .integer(-1)),
        (.integer(1_577_836_800_500_000), .timestamp, .utf8, bytes("2020-01-01 00:00:00.5")),
        (bytes("2020-01-01 12:00"), .utf8, .timestamp, .integer(1_577_880_000_000_000)),
        (.bool(true), .bool, .float64, .float(1)),
        (.bool(true), .bool, .int8, .integer(1)),
        (.float(0.3), .float64, .bool, .bool(true)),
        (.unsigned(.max), .uint64, .bool, .bool(true)),
        (.unsigned(.max), .uint64, .uint64, .unsigned(.max)),
        (bytes("18446744073709551615"), .utf8, .uint64, .unsigned(.max)),
        (.float(9.3e18), .float64, .uint64, .unsigned(9_300_000_000_000_000_000)),
        (.float(2.5), .float64, .int32, .integer(2)),
        (.float(-3.5), .float64, .int32, .integer(-4)),
        (.float(0.1), .float64, .float32, .float(Double(Float(0.1)))),
        (.float(1e-7), .float64, .utf8, bytes("1e-07")),
        (.float(Double(Float(0.1))), .float32, .utf8, bytes("0.1")),
        (bytes(" 12 "), .utf8, .int16, .integer(12)),
        (bytes("1.5"), .utf8, .int16, .integer(2)),
        (bytes("Yes"), .utf8, .bool, .bool(true)),
        (.null, .utf8, .date, .null),
    ]

    @Test(arguments: ScalarCastTests.fitting)
    func fits(value: Scalar, from: DataType, to: DataType, expected: Scalar) throws {
        #expect(try value.cast(from: from, to: to) == expected)
    }

    private static let misfits: [(Scalar, DataType, DataType)] = [
        (.integer(128), .int64, .int8), (.integer(-1), .int64, .uint64),
        (.unsigned(.max), .uint64, .int64), (.float(.nan), .float64, .int64), (.float(1e19), .float64, .int64),
        (.float(1e300), .float64, .float32), (bytes("x"), .utf8, .int64), (bytes(""), .utf8, .float64),
        (bytes("2020-02-30"), .utf8, .date), (bytes("maybe"), .utf8, .bool), (.integer(.max), .date, .timestamp),
    ]

    @Test(arguments: ScalarCastTests.misfits)
    func doesNotFit(value: Scalar, from: DataType, to: DataType) {
        #expect(throws: LakeError.self) { try value.cast(from: from, to: to) }
    }

    @Test func datesAreNoNumbers() {
        #expect(!Scalar.canCast(.date, to: .int64))
        #expect(!Scalar.canCast(.int64, to: .timestamp))
        #expect(!Scalar.canCast(.bool, to: .date))
        #expect(!Scalar.canCast(.list(.int64), to: .utf8))
        #expect(Scalar.canCast(.date, to: .timestamp))
        #expect(Scalar.canCast(.utf8, to: .date))
    }
}
