import Foundation
import LakeBytes
import LakeCore
import Synchronization
import Testing

@testable import LakeQuery

/// SQL of absurd shapes ends in an answer or an error, on threads with little stack too.
@Suite struct NestingTests {
    /// Runs on a thread with so many bytes of stack.
    private static func onThread(stack: Int, _ body: @escaping @Sendable () -> Void) {
        let done = NSCondition()
        let isDone = Mutex(false)
        let thread = Thread {
            body()
            isDone.withLock { $0 = true }
            done.signal()
        }
        thread.stackSize = stack
        done.lock()
        thread.start()
        while !isDone.withLock({ $0 }) { _ = done.wait(until: Date(timeIntervalSinceNow: 0.01)) }
        done.unlock()
    }

    private static func repeated(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

    /// Expressions nested `$0` times.
    private static let shapes: [@Sendable (Int) -> String] = [
        { "n" + repeated("+n", $0) + " > 0" },
        { repeated("(", $0) + "n" + repeated(")", $0) + " > 0" },
        { repeated("NOT ", $0) + "b" },
        { repeated("abs(", $0) + "n" + repeated(")", $0) + " > 0" },
        { "n" + repeated("::bigint", $0) + " > 0" },
        { repeated("- ", $0) + "n > 0" },
        { repeated("CASE WHEN b THEN ", $0) + "b" + repeated(" END", $0) },
        { repeated("CASE WHEN b THEN b ELSE ", $0) + "b" + repeated(" END", $0) },
        { repeated("CASE ", $0) + "b" + repeated(" WHEN true THEN false END", $0) },
        { repeated("(", $0) + "b" + repeated(" BETWEEN false AND true)", $0) },
        { repeated("nullif(", $0) + "n" + repeated(", 3)", $0) + " > 0" },
        { repeated("coalesce(", $0) + "n" + repeated(", 3)", $0) + " > 0" },
        { "s" + repeated(" || s", $0) + " LIKE '%x'" },
        { repeated("(", $0) + "b" + repeated(" IS NULL)", $0) },
        { repeated("(", $0) + "b" + repeated(" = b)", $0) },
        { "b" + repeated(" AND (b OR b", $0) + repeated(")", $0) },
        { repeated("(n, ", $0) + "n" + repeated(")", $0) + " IS NULL" },
        { "l" + repeated("[1]", $0) + " > 0" },
        { repeated("n = ANY(", $0) + "l" + repeated(")", $0) },
    ]

    /// Binds and evaluates; errors are answers.
    private static func answer(_ sql: String) -> String {
        do {
            return try withDeepStack {
                let bound = try FunctionTests.bind(sql)
                let rows = FunctionTests.rows(coded: false)
                _ = try bound.truth(over: rows)
                _ = try (0..<5).map { row in
                    try bound.evaluate { part in
                        guard case .field(let field, let type) = part else { return .null }
                        return rows.scalar(field, type, at: row)
                    }
                }
                return "answered"
            }
        } catch {
            return "\(error)"
        }
    }

    @Test(arguments: [512 << 10, 8 << 20]) func nesting(stack: Int) {
        for (number, shape) in NestingTests.shapes.enumerated() {
            for count in [1, 60, 190, 2_000, 4_990, 9_990, 100_000] {
                let sql = shape(count)
                NestingTests.onThread(stack: stack) {
                    let answer = NestingTests.answer(sql)
                    if count <= 60, number < 16 { #expect(answer == "answered", "shape \(number), \(count) times") }
                    if count > 5_000 { #expect(answer != "answered", "shape \(number), \(count) times") }
                }
            }
        }
    }

    @Test func longButFlat() {
        let shapes = [
            (0..<2_400).map { "n = \($0)" }.joined(separator: " OR "),
            (0..<2_400).map { "n <> \($0)" }.joined(separator: " AND "),
            "CASE " + (0..<2_000).map { "WHEN n = \($0) THEN \($0) " }.joined() + "END > 3",
            "coalesce(" + (0..<900).map { "nullif(n, \($0))" }.joined(separator: ", ") + ") > 0",
        ]
        for sql in shapes {
            NestingTests.onThread(stack: 512 << 10) {
                #expect(NestingTests.answer(sql) == "answered", "\(sql.prefix(60))")
            }
        }
    }
}
