import Foundation
import Testing

@testable import LakeQuery

/// Schemas/SQL.md lists what there is. `ALPHALAKE_WRITE_DOCS=1` writes the functions into it.
@Suite struct SQLDocumentTests {
    private static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../Schemas/SQL.md").standardizedFileURL

    @Test func everyFunctionIsListed() throws {
        let (begin, end) = ("<!-- functions -->\n", "<!-- end of functions -->")
        var text = try String(contentsOf: SQLDocumentTests.path, encoding: .utf8)
        let start = try #require(text.range(of: begin)).upperBound
        let stop = try #require(text.range(of: end)).lowerBound
        let wanted = "\n" + FunctionTable.summary
        if ProcessInfo.processInfo.environment["ALPHALAKE_WRITE_DOCS"] != nil {
            text.replaceSubrange(start..<stop, with: wanted)
            try Data(text.utf8).write(to: SQLDocumentTests.path)
            return
        }
        #expect(text[start..<stop] == wanted, "ALPHALAKE_WRITE_DOCS=1 writes them anew")
    }

    @Test func everyAggregateIsListed() throws {
        let text = try String(contentsOf: SQLDocumentTests.path, encoding: .utf8)
        for function in AggregateCall.Function.allCases {
            #expect(text.contains("`\(function.rawValue)"), "\(function.rawValue)")
        }
    }
}
