/// Numbers as people read them.
enum Quantities {
    /// `13,612,874`
    static func count(_ number: Int) -> String {
        let digits = Array(String(number.magnitude))
        var text = number < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return text
    }

    /// `1 row`, `3 rows`
    static func count(_ number: Int, _ noun: String) -> String {
        "\(count(number)) \(noun)\(number == 1 ? "" : "s")"
    }

    /// `812 B`, `12.3 KB`, `1.04 GB`: powers of 1000, three digits.
    static func bytes(_ number: Int) -> String {
        guard number >= 1000 else { return "\(number) B" }
        var (value, unit) = (Double(number), 0)
        while value >= 999.5, unit < 5 {
            value /= 1000
            unit += 1
        }
        let decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0
        return fixed(value, decimals) + ["", " KB", " MB", " GB", " TB", " PB"][unit]
    }

    /// A duration: `850 ms`, `12.3 s`, `4 min 05 s`, `2 h 10 min`.
    static func time(seconds: Double) -> String {
        if seconds < 0.9995 { return fixed(max(seconds, 0) * 1000, 0) + " ms" }
        if seconds < 60 { return fixed(seconds, seconds < 9.95 ? 1 : 0) + " s" }
        let whole = Int(min(seconds, 1e9))
        if whole < 3600 { return "\(whole / 60) min \(whole % 60 < 10 ? "0" : "")\(whole % 60) s" }
        return "\(whole / 3600) h \(whole % 3600 / 60) min"
    }

    /// ` (620,000 rows/s)`; nothing for what was too short to tell.
    static func rate(_ rows: Int, seconds: Double) -> String {
        seconds < 0.5 ? "" : " (\(count(Int(Double(rows) / seconds), "row"))/s)"
    }

    /// A number with so many decimals, rounded half up.
    static func fixed(_ value: Double, _ decimals: Int) -> String {
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        guard value.magnitude * scale < 9e15 else { return String(value) }
        let scaled = Int((value.magnitude * scale).rounded())
        let sign = value < 0 && scaled != 0 ? "-" : ""
        guard decimals > 0 else { return sign + String(scaled) }
        let fraction = String(scaled % Int(scale))
        return "\(sign)\(scaled / Int(scale))." + String(repeating: "0", count: decimals - fraction.count) + fraction
    }
}
