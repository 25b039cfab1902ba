import LakeBytes
import LakeCore
import LakeTable
import Testing

@testable import LakeTable

@Suite struct ColumnVectorWideningTests {
    @Test func datesBecomeTheTimestampOfTheirMidnight() throws {
        let days: [Int64] = [0, -1, 19_000, 106_751_991, -106_751_991]
        let wide = try ColumnVector(.integers(days)).widened(from: .date, to: .timestamp)
        guard case .integers(let midnights) = wide.values else {
            Issue.record("timestamps are integers")
            return
        }
        #expect(midnights == days.map { $0 * 86_400_000_000 })
    }

    @Test(arguments: [106_751_992, -106_751_992, Int64(Int32.max)])
    func datesWithoutATimestampAreRefused(day: Int64) throws {
        let error = #expect(throws: LakeError.self) {
            try ColumnVector(.integers([0, day])).widened(from: .date, to: .timestamp)
        }
        #expect(error?.code == .corrupt)
        #expect(error?.message.contains("\(day)") == true)
        let null = ColumnVector(.integers([0, day]), validity: Bitmap(words: [1], count: 2))
        #expect(try null.widened(from: .date, to: .timestamp).isNull(1))
    }

    @Test func integersBecomeFloats() throws {
        let wide = try ColumnVector(.integers([-3, 7])).widened(from: .int16, to: .float64)
        guard case .floats(let values) = wide.values else {
            Issue.record("float64 are floats")
            return
        }
        #expect(values == [-3, 7])
    }
}
