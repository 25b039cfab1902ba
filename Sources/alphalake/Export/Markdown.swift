/// Pieces of Markdown, with what comes from data kept from being taken for markup.
enum Markdown {
    /// A table; numbers stand to the right.
    /// - Parameter numeric: the positions of columns of numbers.
    static func table(_ header: [String], _ rows: [[String]], numeric: Set<Int> = []) -> String {
        var lines = ["| " + header.joined(separator: " | ") + " |"]
        lines.append("|" + header.indices.map { numeric.contains($0) ? "--:" : "---" }.joined(separator: "|") + "|")
        for row in rows { lines.append("| " + row.joined(separator: " | ") + " |") }
        return lines.joined(separator: "\n")
    }

    /// Text from data on one line, without markup, cut to a length.
    static func plain(_ text: String, limit: Int = 200) -> String {
        var result = ""
        for scalar in text.unicodeScalars.prefix(limit) {
            if "\\`*_[]<>|#&".unicodeScalars.contains(scalar) { result += "\\" }
            result.unicodeScalars.append(scalar.properties.generalCategory == .control ? " " : scalar)
        }
        return text.unicodeScalars.count > limit ? result + "…" : result
    }

    /// A name from data as code.
    static func code(_ text: String) -> String {
        let inside = text.unicodeScalars.filter { $0 != "`" && $0 != "|" && $0.properties.generalCategory != .control }
        return "`" + String(String.UnicodeScalarView(inside)) + "`"
    }

    /// A string of YAML, which may be any JSON string; bare where that cannot be misread.
    static func yaml(_ text: String) -> String {
        let isBare = text.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x2D } && text.utf8.first != 0x2D
        // Words that YAML reads as something else.
        let isWord = ["true", "false", "yes", "no", "on", "off", "null", "y", "n", ""].contains(text)
        return isBare && !isWord ? text : String(decoding: JSONStrings().literal(text), as: UTF8.self)
    }

    /// `12.3 %`; a dash for what is not known.
    static func percent(_ share: Double?) -> String {
        share.map { $0.isFinite ? Quantities.fixed(100 * $0, 1) + " %" : "–" } ?? "–"
    }
}
