import LakeBytes
import LakeCore

/// Values of one type as text: dates and timestamps in ISO 8601, floats as the shortest digits that read back the same,
/// binary in hexadecimal, lists as JSON arrays.
struct CellText {
    let type: DataType

    /// Appends value `index`, which is not NULL.
    func append(_ vector: ColumnVector, _ index: Int, to bytes: inout [UInt8]) {
        switch vector.values {
        case .codes(let codes, let dictionary): append(dictionary.values, Int(codes[index]), to: &bytes)
        case .bytes(let strings):
            if type == .binary {
                CellText.appendHex(strings[index], to: &bytes)
            } else {
                bytes.append(contentsOf: strings[index])
            }
        case .integers(let values): CellText.append(integer: values[index], type, to: &bytes)
        case .floats(let values): bytes.append(contentsOf: CellText.text(values[index], type).utf8)
        case .lists: appendJSON(vector, index, to: &bytes)
        }
    }

    /// Appends value `index` as JSON: numbers and bools bare, what JSON cannot say (NaN, infinities) as null, all else as
    /// strings.
    func appendJSON(_ vector: ColumnVector, _ index: Int, to bytes: inout [UInt8]) {
        guard !vector.isNull(index) else { return bytes.append(contentsOf: "null".utf8) }
        switch vector.values {
        case .codes(let codes, let dictionary): appendJSON(dictionary.values, Int(codes[index]), to: &bytes)
        case .bytes(let strings):
            if type == .binary {
                bytes.append(UInt8(ascii: "\""))
                CellText.appendHex(strings[index], to: &bytes)
                bytes.append(UInt8(ascii: "\""))
            } else {
                CellText.appendJSON(string: strings[index], to: &bytes)
            }
        case .integers(let values):
            let quoted = type == .date || type == .timestamp
            if quoted { bytes.append(UInt8(ascii: "\"")) }
            CellText.append(integer: values[index], type, to: &bytes)
            if quoted { bytes.append(UInt8(ascii: "\"")) }
        case .floats(let values):
            let value = values[index]
            bytes.append(contentsOf: value.isFinite ? CellText.text(value, type).utf8 : "null".utf8)
        case .lists(let offsets, let child):
            let element = CellText(type: type.element ?? .utf8)
            bytes.append(UInt8(ascii: "["))
            for position in offsets[index]..<offsets[index + 1] {
                if position > offsets[index] { bytes.append(UInt8(ascii: ",")) }
                element.appendJSON(child.vector, position, to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        }
    }

    private static func append(integer value: Int64, _ type: DataType, to bytes: inout [UInt8]) {
        switch type {
        case .bool: bytes.append(contentsOf: value == 0 ? "false".utf8 : "true".utf8)
        case .date: bytes.append(contentsOf: CalendarText.date(Int32(truncatingIfNeeded: value)).utf8)
        case .timestamp: bytes.append(contentsOf: CalendarText.timestamp(value).utf8)
        case .uint64: bytes.append(contentsOf: String(UInt64(bitPattern: value)).utf8)
        default: bytes.append(contentsOf: String(value).utf8)
        }
    }

    private static func text(_ value: Double, _ type: DataType) -> String {
        type == .float32 ? Float(value).description : value.description
    }

    private static func appendHex(_ value: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        for byte in value {
            bytes.append(digits[Int(byte >> 4)])
            bytes.append(digits[Int(byte & 15)])
        }
    }

    /// Appends a JSON string; damaged UTF-8 is replaced, so that the output is JSON whatever the column holds.
    static func appendJSON(string: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
        guard string.allSatisfy({ $0 < 0x80 }) else {
            return appendEscaped(String(decoding: string, as: UTF8.self).utf8, to: &bytes)
        }
        appendEscaped(string, to: &bytes)
    }

    private static func appendEscaped(_ string: some Sequence<UInt8>, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in string {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0x0A: bytes.append(contentsOf: "\\n".utf8)
            case 0x0D: bytes.append(contentsOf: "\\r".utf8)
            case 0x09: bytes.append(contentsOf: "\\t".utf8)
            case 0..<0x20, 0x7F:
                bytes.append(contentsOf: "\\u00".utf8)
                appendHex([byte], to: &bytes)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
