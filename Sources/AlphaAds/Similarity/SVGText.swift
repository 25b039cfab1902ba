/// Pieces of SVG.
enum SVGText {
    /// Text as XML has it, without what XML cannot hold.
    static func escaped(_ text: String) -> String {
        var result: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): result += Array("&amp;".utf8)
            case UInt8(ascii: "<"): result += Array("&lt;".utf8)
            case UInt8(ascii: ">"): result += Array("&gt;".utf8)
            case UInt8(ascii: "\""): result += Array("&quot;".utf8)
            case 0..<0x20: result.append(UInt8(ascii: " "))
            default: result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// A number with so many decimals at most, without zeros behind.
    static func number(_ value: Double, _ decimals: Int = 1) -> String {
        var text = fixed(value, decimals)
        guard decimals > 0 else { return text }
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text
    }

    /// A number with exactly so many decimals, `-0.00` as `0.00`.
    static func fixed(_ value: Double, _ decimals: Int) -> String {
        var scale = 1
        for _ in 0..<decimals { scale *= 10 }
        guard value.magnitude * Double(scale) < 9e15 else { return String(value) }
        let scaled = Int((value.magnitude * Double(scale)).rounded())
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard decimals > 0 else { return sign + String(scaled) }
        let fraction = String(scaled % scale)
        return "\(sign)\(scaled / scale)." + String(repeating: "0", count: decimals - fraction.count) + fraction
    }

    /// `1,234,567`
    static func count(_ number: Int) -> String {
        var (digits, rest) = ("", String(number.magnitude))
        while rest.count > 3 {
            digits = "," + rest.suffix(3) + digits
            rest.removeLast(3)
        }
        return (number < 0 ? "-" : "") + rest + digits
    }

    /// How wide text is at a size, about: fonts differ.
    static func width(_ text: String, size: Double) -> Double { 0.58 * size * Double(text.unicodeScalars.count) }

    /// A line of text.
    /// - Parameter anchor: `start`, `middle` or `end`: which part of it `x` is.
    static func text(
        _ text: String, x: Double, y: Double, size: Double, anchor: String = "start", attributes: String = ""
    ) -> String {
        let extra = attributes.isEmpty ? "" : " " + attributes
        return
            "<text x=\"\(number(x))\" y=\"\(number(y))\" font-size=\"\(number(size))\" "
            + "text-anchor=\"\(anchor)\"\(extra)>" + escaped(text) + "</text>\n"
    }

    static func rectangle(
        x: Double, y: Double, width: Double, height: Double, fill: String, title: String? = nil
    ) -> String {
        let shape =
            "<rect x=\"\(number(x))\" y=\"\(number(y))\" width=\"\(number(width))\" height=\"\(number(height))\" "
            + "fill=\"\(fill)\""
        guard let title else { return shape + "/>\n" }
        return shape + "><title>" + escaped(title) + "</title></rect>\n"
    }
}
