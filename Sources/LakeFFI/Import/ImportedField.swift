import CArrow
import LakeCore

/// A column of a foreign Arrow schema: what its values become, and how they lie in memory.
struct ImportedField {
    /// How values lie in memory. Widths are in bytes.
    indirect enum Layout {
        /// Nothing: every value is NULL.
        case nothing
        case bits
        case integers(width: Int, isSigned: Bool, Scale)
        case floats(width: Int)
        case text(offsetWidth: Int)
        case views
        case fixedBytes(Int)
        case list(offsetWidth: Int, ImportedField)
        case fixedList(size: Int, ImportedField)
        case dictionary(width: Int, isSigned: Bool, ImportedField)
    }

    /// What turns a stored integer into ours.
    enum Scale {
        case one
        case times(Int64)
        /// Only what leaves no rest.
        case divided(by: Int64)
    }

    var name: String
    /// The type of our column; nil for one of NULLs, which fits every type.
    var type: DataType?
    var layout: Layout

    /// The columns of a stream.
    /// - Throws: `LakeError` (usage) naming the first column that cannot be taken over.
    static func columns(_ schema: UnsafeMutablePointer<ArrowSchema>) throws(LakeError) -> [ImportedField] {
        guard try format(schema, of: "the stream") == "+s", schema.pointee.dictionary == nil else {
            throw LakeError(.usage, "the stream is not one of rows", hint: "send record batches, not bare arrays")
        }
        var fields: [ImportedField] = []
        for child in try children(schema, of: "the stream") {
            guard let name = child.pointee.name, let name = String(validatingCString: name) else {
                throw LakeError(.usage, "column \(fields.count + 1) has no name in UTF-8")
            }
            fields.append(try ImportedField(name, child, isElement: false))
        }
        return fields
    }

    private init(_ name: String, _ schema: UnsafeMutablePointer<ArrowSchema>, isElement: Bool) throws(LakeError) {
        self.name = name
        let format = try ImportedField.format(schema, of: name)
        if let values = schema.pointee.dictionary {
            guard case (_, .integers(let width, let isSigned, .one))? = ImportedField.scalar(format) else {
                throw ImportedField.refused(name, "positions in a dictionary have the format '\(format)'")
            }
            let values = try ImportedField(name, values, isElement: true)
            type = values.type
            layout = .dictionary(width: width, isSigned: isSigned, values)
            if case .dictionary = values.layout { throw ImportedField.refused(name, "a dictionary of dictionaries") }
            return
        }
        if let (type, layout) = ImportedField.scalar(format) {
            (self.type, self.layout) = (type, layout)
            return
        }
        guard !isElement else { throw ImportedField.refused(name, "values of the format '\(format)' inside") }
        let parts = format.split(separator: ":", omittingEmptySubsequences: false)
        guard let size = parts.count == 2 && parts[0] == "+w" ? Int(parts[1]) : 0,
            ["+l", "+L"].contains(format) || (1...65_535).contains(size)
        else { throw ImportedField.refused(name, ImportedField.description(format)) }
        let children = try ImportedField.children(schema, of: name)
        guard children.count == 1 else {
            throw ImportedField.refused(name, "a list of \(children.count) kinds of elements")
        }
        let element = try ImportedField(name, children[0], isElement: true)
        let elementType = element.type ?? .int64
        if size > 0 {
            type = .fixedList(elementType, size: size)
            layout = .fixedList(size: size, element)
        } else {
            type = .list(elementType)
            layout = .list(offsetWidth: format == "+l" ? 4 : 8, element)
        }
    }

    // MARK: Formats

    /// What a format without children stands for; nil for others.
    private static func scalar(_ format: String) -> (DataType?, Layout)? {
        switch format {
        case "n": return (nil, .nothing)
        case "b": return (.bool, .bits)
        case "c": return (.int8, .integers(width: 1, isSigned: true, .one))
        case "C": return (.uint8, .integers(width: 1, isSigned: false, .one))
        case "s": return (.int16, .integers(width: 2, isSigned: true, .one))
        case "S": return (.uint16, .integers(width: 2, isSigned: false, .one))
        case "i": return (.int32, .integers(width: 4, isSigned: true, .one))
        case "I": return (.uint32, .integers(width: 4, isSigned: false, .one))
        case "l": return (.int64, .integers(width: 8, isSigned: true, .one))
        case "L": return (.uint64, .integers(width: 8, isSigned: false, .one))
        case "f": return (.float32, .floats(width: 4))
        case "g": return (.float64, .floats(width: 8))
        case "u": return (.utf8, .text(offsetWidth: 4))
        case "U": return (.utf8, .text(offsetWidth: 8))
        case "vu": return (.utf8, .views)
        case "z": return (.binary, .text(offsetWidth: 4))
        case "Z": return (.binary, .text(offsetWidth: 8))
        case "vz": return (.binary, .views)
        case "tdD": return (.date, .integers(width: 4, isSigned: true, .one))
        case "tdm": return (.date, .integers(width: 8, isSigned: true, .divided(by: 86_400_000)))
        default: return longScalar(format)
        }
    }

    /// Formats that end in a parameter.
    private static func longScalar(_ format: String) -> (DataType?, Layout)? {
        if format.hasPrefix("w:"), let size = Int(format.dropFirst(2)), (1...(1 << 20)).contains(size) {
            return (.binary, .fixedBytes(size))
        }
        guard format.hasPrefix("ts"), format.utf8.count >= 4, format.utf8.dropFirst(3).first == UInt8(ascii: ":") else {
            return nil
        }
        let scales: [UInt8: Scale] = [
            UInt8(ascii: "s"): .times(1_000_000), UInt8(ascii: "m"): .times(1_000), UInt8(ascii: "u"): .one,
            UInt8(ascii: "n"): .divided(by: 1_000),
        ]
        guard let unit = format.utf8.dropFirst(2).first, let scale = scales[unit] else { return nil }
        return (.timestamp, .integers(width: 8, isSigned: true, scale))
    }

    private static func description(_ format: String) -> String {
        let kinds = [
            ("d:", "decimals"), ("e", "half-precision floats"), ("tt", "times of day"), ("tD", "durations"),
            ("ti", "intervals"), ("+s", "structs"), ("+m", "maps"), ("+u", "unions"), ("+r", "run-end encoding"),
            ("+v", "list views"),
        ]
        let kind = kinds.first { format.hasPrefix($0.0) }?.1
        return (kind.map { $0 + ", " } ?? "") + "the format '\(String(format.prefix(40)))'"
    }

    private static func refused(_ name: String, _ what: String) -> LakeError {
        LakeError(
            .usage, "\(what) cannot be taken over", at: .init(column: name),
            hint: "cast the column to a number, text, binary, date, timestamp, or a list of those")
    }

    // MARK: Parts of a schema

    private static func format(
        _ schema: UnsafeMutablePointer<ArrowSchema>, of name: String
    ) throws(LakeError) -> String {
        guard schema.pointee.release != nil, let format = schema.pointee.format,
            let text = String(validatingCString: format)
        else { throw LakeError(.usage, "the schema of \(name) has been released or has no format") }
        return text
    }

    private static func children(
        _ schema: UnsafeMutablePointer<ArrowSchema>, of name: String
    ) throws(LakeError) -> [UnsafeMutablePointer<ArrowSchema>] {
        let count = schema.pointee.n_children
        guard (0...16_384).contains(count) else { throw LakeError(.usage, "\(count) columns in the schema of \(name)") }
        var children: [UnsafeMutablePointer<ArrowSchema>] = []
        for index in 0..<Int(count) {
            guard let child = schema.pointee.children?[index] else {
                throw LakeError(.usage, "the schema of \(name) lacks child \(index + 1) of \(count)")
            }
            children.append(child)
        }
        return children
    }
}
