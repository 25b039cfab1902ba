import LakeCore

/// Numbers and dates as prompts show them.
enum PromptNumbers {
    /// `1,234,567`.
    static func append(grouped value: Int64, to output: inout [UInt8]) {
        if value < 0 { output.append(UInt8(ascii: "-")) }
        append(value.magnitude, to: &output)
    }

    private static func append(_ value: UInt64, to output: inout [UInt8]) {
        if value < 1000 {
            if value >= 100 { output.append(digit(value / 100)) }
            if value >= 10 { output.append(digit(value / 10 % 10)) }
            output.append(digit(value % 10))
            return
        }
        append(value / 1000, to: &output)
        output.append(UInt8(ascii: ","))
        let rest = value % 1000
        output.append(digit(rest / 100))
        output.append(digit(rest / 10 % 10))
        output.append(digit(rest % 10))
    }

    /// `2022-11-08`, as `CalendarText.date` has it; nothing for days that are no date.
    /// - Parameter days: days since 1970-01-01.
    static func append(date days: Int64, to output: inout [UInt8]) {
        guard let days = Int32(exactly: days) else { return }
        let (year, month, day) = CalendarText.civil(Int(days))
        guard (0...9999).contains(year) else {
            output.append(contentsOf: CalendarText.date(days).utf8)
            return
        }
        appendTwo(year / 100, to: &output)
        appendTwo(year % 100, to: &output)
        output.append(UInt8(ascii: "-"))
        appendTwo(month, to: &output)
        output.append(UInt8(ascii: "-"))
        appendTwo(day, to: &output)
    }

    private static func appendTwo(_ value: Int, to output: inout [UInt8]) {
        output.append(digit(UInt64(value / 10)))
        output.append(digit(UInt64(value % 10)))
    }

    /// - Parameter value: 0 to 9.
    private static func digit(_ value: UInt64) -> UInt8 { UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value) }
}
