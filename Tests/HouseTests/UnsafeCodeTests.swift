import Foundation
import Testing

/// Pointers stay where they can be looked after.
@Suite struct UnsafeCodeTests {
    /// Files outside LakeBytes that may use unsafe pointers, with the reason. Each is the thin border to a C library that
    /// only its own room uses: what the library hands out is copied there and goes no further.
    private static let borders = [
        "Sources/LakeIngest/SimdjsonBridge.swift": "hands blocks of JSON to CSimdjson and copies the cells it returns"
    ]

    private static var pattern: Regex<Substring> {
        /\bUnsafe\w+|\bunsafe\w*\b|\bwithUnsafe\w+|\bUnmanaged\b|\bwithMemoryRebound\b/
    }

    /// LakeFFI is the border to programs in other languages; it hands out what LakeBytes holds.
    private static let rooms: Set = ["LakeBytes", "LakeFFI"]

    @Test func unsafePointersStayInTheirRooms() throws {
        for file in try Repository.files(in: "Sources/") where !Self.rooms.contains(file.room) {
            if Self.borders[file.path] != nil { continue }
            for (index, line) in file.code.enumerated() where line.contains(Self.pattern) {
                Issue.record("\(file.path):\(index + 1) uses an unsafe pointer outside \(Self.rooms.sorted()): \(line)")
            }
        }
    }

    @Test func everyBorderIsStillOne() throws {
        for (path, _) in Self.borders {
            let file = try Repository.file(path)
            #expect(file.code.contains { $0.contains(Self.pattern) }, "\(path) is listed but uses no unsafe pointer")
        }
    }
}
