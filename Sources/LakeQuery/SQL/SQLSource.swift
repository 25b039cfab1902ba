import LakeCore

/// The text of a query, and errors that point into it.
public struct SQLSource: Hashable, Sendable {
    public let text: String

    public init(_ text: String) { self.text = text }

    /// A usage error that shows the line of SQL with a caret under the token at the byte `position`:
    ///
    ///     no column 'gendr' in 'samples'
    ///       SELECT * FROM samples WHERE gendr = 'x'
    ///                                   ^
    ///
    /// - Parameter position: below 0 for what stands elsewhere, such as in an option; nothing is shown then.
    public func error(_ message: String, at position: Int, hint: String? = nil) -> LakeError {
        let message = SQLSource.shortened(message).printable
        let hint = hint?.printable
        guard position >= 0 else { return LakeError(.usage, message, hint: hint) }
        let excerpt = excerpt(at: position)
        return LakeError(.usage, message + "\n  " + excerpt.line + "\n  " + excerpt.caret, hint: hint)
    }

    /// The line at the byte `position`, cut around it when long, and a caret under that place. Both are for a terminal:
    /// control characters are shown as blanks, and wide characters count two columns.
    func excerpt(at position: Int) -> (line: String, caret: String) {
        let bytes = text.utf8
        let target = bytes.index(bytes.startIndex, offsetBy: min(max(position, 0), bytes.count))
        let scalars = text.unicodeScalars
        let start = text[..<target].lastIndex(where: \.isNewline).map(text.index(after:)) ?? text.startIndex
        let end = text[target...].firstIndex(where: \.isNewline) ?? text.endIndex
        func printable(_ part: Substring.UnicodeScalarView) -> [Unicode.Scalar] {
            part.map { $0.properties.generalCategory == .control ? " " : $0 }
        }
        var before = printable(scalars[start..<target])
        var after = printable(scalars[target..<end])
        if before.count > SQLSource.reach { before = ["…"] + before.suffix(SQLSource.reach) }
        if after.count > SQLSource.reach { after = after.prefix(SQLSource.reach) + ["…"] }
        let line = String(String.UnicodeScalarView(before + after))
        let indent = displayWidth(String(String.UnicodeScalarView(before)))
        return (line, String(repeating: " ", count: indent) + "^")
    }

    /// The message without the middle of what it quotes, where that is very long.
    private static func shortened(_ message: String) -> String {
        let scalars = message.unicodeScalars
        guard scalars.count > 400 else { return message }
        return String(scalars.prefix(200)) + " … " + String(scalars.suffix(100))
    }

    /// Characters shown at most on either side of the caret.
    private static let reach = 60
}

/// The columns that `text` takes in a terminal: 2 for wide East Asian characters and emoji, 0 for combining marks.
package func displayWidth(_ text: String) -> Int {
    if text.utf8.allSatisfy({ $0 < 0x7F }) { return text.utf8.count }
    return text.reduce(0) { $0 + displayWidth($1) }
}

package func displayWidth(_ character: Character) -> Int {
    guard let first = character.unicodeScalars.first else { return 0 }
    switch first.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format, .control: return 0
    default: break
    }
    if first.properties.isEmojiPresentation { return 2 }
    if character.unicodeScalars.contains("\u{FE0F}"), first.properties.isEmoji { return 2 }
    switch first.value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
        0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6,
        0x20000...0x3FFFD:
        return 2
    default: return 1
    }
}
