import LakeBytes
import LakeCore
import LakeShard

/// Makes the values of golden shards from SplitMix64 alone, so that they are the same with every Swift.
struct GoldenRows {
    private var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func below(_ limit: Int) -> Int { Int(random.next() % UInt64(limit)) }

    mutating func bits(_ width: Int) -> Int64 { Int64(bitPattern: random.next() >> UInt64(64 - width)) }

    /// Mostly small: 0 in half of the cases, 1 in a quarter and so on.
    mutating func skewed(_ limit: Int) -> Int { min(limit - 1, random.next().trailingZeroBitCount) }

    /// Values without any order: no codec saves a tenth of them.
    mutating func scattered(_ count: Int, below limit: Int) -> [Int] { (0..<count).map { _ in below(limit) } }

    /// The same `period` values over and over: what lz4 is good at.
    mutating func repeating(_ count: Int, period: Int, below limit: Int) -> [Int] {
        let values = scattered(period, below: limit)
        return (0..<count).map { values[$0 % period] }
    }

    /// Few common and many rare values: what takes zstd.
    mutating func uneven(_ count: Int, below limit: Int) -> [Int] { (0..<count).map { _ in skewed(limit) } }

    /// Values that stand in runs of 1 to `longest` rows.
    mutating func runs(_ count: Int, below limit: Int, longest: Int) -> [Int] {
        var values: [Int] = []
        while values.count < count {
            let value = below(limit)
            for _ in 0...below(longest) { values.append(value) }
        }
        return Array(values[..<count])
    }

    /// Ascending values with the steps given.
    static func ascending(_ steps: [Int]) -> [Int] {
        var value = 0
        return steps.map { step in
            value += step
            return value
        }
    }

    /// Each of `count` is valid but for one in `rarity`.
    mutating func validity(_ count: Int, rarity: Int) -> Bitmap {
        var bits = Bitmap(count: count, filled: true)
        for index in 0..<count where below(rarity) == 0 { bits[index] = false }
        return bits
    }

    /// Lists of the given lengths; `fixed` for all, NULL ones too.
    mutating func lists(_ lengths: [Int], of elements: (Int) -> ColumnVector, validity: Bitmap? = nil) -> ColumnVector {
        var offsets = [0]
        for length in lengths { offsets.append((offsets.last ?? 0) + length) }
        return ColumnVector(
            .lists(offsets: offsets, child: ListChild(elements(offsets.last ?? 0))), validity: validity)
    }
}

extension ColumnVector {
    static func integers(_ values: [Int], validity: Bitmap? = nil) -> ColumnVector {
        ColumnVector(.integers(values.map(Int64.init)), validity: validity)
    }

    static func text(_ values: [String], validity: Bitmap? = nil) -> ColumnVector {
        ColumnVector(.bytes(ByteStrings(values)), validity: validity)
    }
}

/// Rows as lines of JSON in the canonical form of `Tools/python/alphalake_reader/README.md`.
enum GoldenLines {
    static func lines(_ columns: [(field: Field, values: ColumnVector)], count: Int) -> String {
        var text = ""
        for row in 0..<count {
            text += "{"
            for (number, column) in columns.enumerated() {
                text += number == 0 ? "" : ","
                text += quoted(column.field.name) + ":" + json(column.values.value(row), column.field.type)
            }
            text += "}\n"
        }
        return text
    }

    static func json(_ value: Value, _ type: DataType) -> String {
        switch value {
        case .null: return "null"
        case .list(let values):
            return "[" + values.map { json($0, type.element ?? type) }.joined(separator: ",") + "]"
        case .float(let bits):
            let value = Double(bitPattern: bits)
            if value.isNaN { return "\"nan\"" }
            return value.isInfinite ? (value < 0 ? "\"-inf\"" : "\"inf\"") : "\(value)"
        case .bytes(let bytes):
            guard type == .binary else { return quoted(String(decoding: bytes, as: UTF8.self)) }
            return "\"" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + "\""
        case .integer(let value):
            switch type {
            case .bool: return value == 0 ? "false" : "true"
            case .uint64: return "\(UInt64(bitPattern: value))"
            case .date:
                let text = CalendarText.date(Int32(truncatingIfNeeded: value))
                return "\"" + (text.hasPrefix("+") ? String(text.dropFirst()) : text) + "\""
            default: return "\(value)"
            }
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
