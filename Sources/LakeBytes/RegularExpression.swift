import CRe2
import LakeCore

/// A regular expression that is matched in time linear in the text (RE2, as in DuckDB).
public final class RegularExpression: Sendable {
    /// How letters of the pattern are read.
    public struct Options: OptionSet, Hashable, Sendable {
        public let rawValue: Int32
        public init(rawValue: Int32) { self.rawValue = rawValue }

        public static let ignoringCase = Options(rawValue: Int32(CR_IGNORE_CASE))
        /// The pattern is plain text.
        public static let literal = Options(rawValue: Int32(CR_LITERAL))
        /// A dot stands for a line feed too.
        public static let dotMatchesNewline = Options(rawValue: Int32(CR_DOT_NEWLINE))
    }

    // Matching does not change it, and RE2 locks what it builds on the way.
    private nonisolated(unsafe) let pattern: OpaquePointer

    /// - Throws: `LakeError` (usage) with RE2's own words for what is no regular expression.
    public init(_ text: [UInt8], _ options: Options = []) throws(LakeError) {
        var message = [CChar](repeating: 0, count: 256)
        let size = message.count
        let compiled = text.withUnsafeBufferPointer { text in
            message.withUnsafeMutableBufferPointer {
                cr_compile(text.baseAddress, text.count, options.rawValue, $0.baseAddress, size)
            }
        }
        guard let compiled else {
            let reason = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            throw LakeError(.usage, "not a regular expression: \(reason)")
        }
        pattern = compiled
    }

    deinit { cr_free(pattern) }

    /// The number of groups in parentheses.
    public var groupCount: Int { Int(cr_groups(pattern)) }

    /// Whether it is found in the text, or where `whole` describes all of it.
    public func matches(_ text: ArraySlice<UInt8>, whole: Bool = false) -> Bool {
        text.withUnsafeBufferPointer { cr_matches(pattern, $0.baseAddress, $0.count, whole) }
    }

    /// The strings in which it is found.
    /// - Throws: `LakeError` (cancelled) once the work at hand is: a text can take a while.
    public func rows(_ strings: ByteStrings, whole: Bool = false) throws -> Bitmap {
        var rows = Bitmap(count: strings.count)
        try strings.data.withUnsafeBufferPointer { data in
            for row in 0..<strings.count {
                if row & 31 == 31 { try Cancellation.checkCurrent() }
                let (start, end) = (strings.offsets[row], strings.offsets[row + 1])
                let text = UnsafeBufferPointer(rebasing: data[start..<end])
                if cr_matches(pattern, text.baseAddress, text.count, whole) { rows[row] = true }
            }
        }
        return rows
    }

    /// What group `group` (0 for all) of the leftmost match holds; empty for a group that takes no part in it, nil
    /// without a match.
    public func find(_ text: ArraySlice<UInt8>, group: Int) -> ArraySlice<UInt8>? {
        guard let group = Int32(exactly: group) else { return nil }
        var (start, length) = (0, 0)
        let isFound = text.withUnsafeBufferPointer {
            cr_find(pattern, $0.baseAddress, $0.count, group, &start, &length)
        }
        return isFound ? text.dropFirst(start).prefix(length) : nil
    }

    /// Whether all groups that a replacement names (`\1`) are there.
    public func accepts(replacement: [UInt8]) -> Bool {
        replacement.withUnsafeBufferPointer { cr_accepts(pattern, $0.baseAddress, $0.count) }
    }

    /// The text with the leftmost match, or where `all` every match, replaced.
    public func replacing(_ text: ArraySlice<UInt8>, with replacement: [UInt8], all: Bool) -> [UInt8] {
        text.withUnsafeBufferPointer { text in
            replacement.withUnsafeBufferPointer { replacement in
                var length = 0
                guard
                    let result = cr_replace(
                        pattern, text.baseAddress, text.count, replacement.baseAddress, replacement.count, all, &length)
                else { return [] }
                defer { cr_free_text(result) }
                return Array(UnsafeBufferPointer(start: result, count: length))
            }
        }
    }
}
