import LakeBytes
import LakeCore

/// A column that prompts are rendered from, laid open for access by row: whatever form the vector has, a row is reached
/// without unwrapping enums that hold arrays, which costs reference counting per value.
struct PromptInput {
    /// How an element is held.
    enum Form {
        case bytes, codedBytes, integers, codedIntegers, floats, codedFloats, nothing
    }

    let form: Form
    /// Positions of a list's elements by row; empty when each row has one element.
    private let rows: [Int]
    /// Bits of the rows of lists, and of the elements, that are not NULL; empty when all are.
    private let rowBits: [UInt64]
    private let elementBits: [UInt64]
    private let codes: [UInt32]
    /// Size of the dictionary.
    private let known: UInt32
    /// By row, where in the vector it is, for one that has not a value for each; empty when it has.
    private let places: [UInt32]
    private let offsets: [Int]
    /// The bytes of text, which `range` finds.
    let data: [UInt8]
    private let integers: [Int64]
    private let floats: [Double]

    /// Elements of dictionaries up to this many are copied: reference counts of what several threads share are slow.
    private static let copied = 1024

    /// - Parameter places: by row, where in `vector` its value is, or beyond its end for NULL; empty when it has one per row.
    init(_ vector: ColumnVector, at places: [UInt32] = []) {
        let vector = places.isEmpty ? vector : vector.spelledOut()
        var elements = vector
        if case .lists(let offsets, let child) = vector.values {
            rows = offsets
            rowBits = vector.validity?.words ?? []
            elements = child.vector
        } else {
            (rows, rowBits) = ([], [])
        }
        let isPlaced = !places.isEmpty && rows.isEmpty
        self.places = isPlaced ? [] : places
        var isCoded = isPlaced
        if isPlaced {
            codes = places
            known = UInt32(clamping: vector.count)
            elementBits = elements.validity?.words ?? []
        } else if case .codes(let codes, let dictionary) = elements.values {
            self.codes = codes
            known = UInt32(clamping: dictionary.count)
            elementBits = []
            elements = dictionary.values
            isCoded = true
        } else {
            (codes, known) = ([], 0)
            elementBits = elements.validity?.words ?? []
        }
        let copies = isCoded && !isPlaced && elements.count <= PromptInput.copied
        var (offsets, data): ([Int], [UInt8]) = ([0], [])
        var integers: [Int64] = []
        var floats: [Double] = []
        switch elements.values {
        case .bytes(let strings):
            form = isCoded ? .codedBytes : .bytes
            offsets = copies ? strings.offsets.map { $0 } : strings.offsets
            data = copies ? strings.data.map { $0 } : strings.data
        case .integers(let values):
            form = isCoded ? .codedIntegers : .integers
            integers = copies ? values.map { $0 } : values
        case .floats(let values):
            form = isCoded ? .codedFloats : .floats
            floats = copies ? values.map { $0 } : values
        case .codes, .lists:
            // Neither dictionaries nor lists hold such: nothing can be read.
            form = .nothing
        }
        (self.offsets, self.data, self.integers, self.floats) = (offsets, data, integers, floats)
    }

    /// Whether the elements can serve as numbers.
    var isNumeric: Bool { !isText }
    var isText: Bool { form == .bytes || form == .codedBytes }
    var isList: Bool { !rows.isEmpty }

    /// The elements of a row: one, or those of its list; none for a list that is NULL.
    @inline(__always)
    func elements(_ row: Int) -> Range<Int> {
        if rows.isEmpty { return row..<row + 1 }
        let row = places.isEmpty ? row : Int(places[row])
        if row >= rows.count - 1 { return 0..<0 }
        if !rowBits.isEmpty, rowBits[row >> 6] >> UInt64(row & 63) & 1 == 0 { return 0..<0 }
        return rows[row]..<rows[row + 1]
    }

    /// Where in the plain values or the dictionary an element is; -1 for NULL.
    @inline(__always)
    private func place(_ element: Int, isCoded: Bool) -> Int {
        if isCoded {
            let code = Int(codes[element])
            guard code < Int(known) else { return -1 }
            return elementBits.isEmpty || elementBits[code >> 6] >> UInt64(code & 63) & 1 != 0 ? code : -1
        }
        if !elementBits.isEmpty, elementBits[element >> 6] >> UInt64(element & 63) & 1 == 0 { return -1 }
        return element
    }

    /// The code of an element of coded text; nil for NULL and where it is not coded.
    @inline(__always)
    func code(_ element: Int) -> Int? {
        guard form == .codedBytes else { return nil }
        let place = place(element, isCoded: true)
        return place < 0 ? nil : place
    }

    /// Where in `data` an element that is text stands; nil for NULL and for numbers.
    @inline(__always)
    func range(_ element: Int) -> Range<Int>? {
        guard isText else { return nil }
        let place = place(element, isCoded: form == .codedBytes)
        return place < 0 ? nil : offsets[place]..<offsets[place + 1]
    }

    /// The number that a row has: nil for NULL, for text, for what is no whole number, and for lists.
    @inline(__always)
    func number(_ row: Int) -> Int64? { isList ? nil : number(element: row) }

    /// An element as a whole number.
    @inline(__always)
    func number(element: Int) -> Int64? {
        switch form {
        case .integers, .codedIntegers:
            let place = place(element, isCoded: form == .codedIntegers)
            return place < 0 ? nil : integers[place]
        case .floats, .codedFloats:
            let place = place(element, isCoded: form == .codedFloats)
            return place < 0 ? nil : Int64(exactly: floats[place])
        case .bytes, .codedBytes, .nothing: return nil
        }
    }

    /// Appends a row as text: nothing for NULL, the elements of a list with ", " between those that are not empty.
    func append(_ row: Int, to output: inout [UInt8]) {
        let start = output.count
        for element in elements(row) {
            let before = output.count
            if before > start { PromptInput.appendComma(to: &output) }
            let separated = output.count
            append(element: element, to: &output)
            if output.count == separated { output.removeLast(separated - before) }
        }
    }

    /// What separates the elements of a list.
    static func appendComma(to output: inout [UInt8]) {
        output.append(UInt8(ascii: ","))
        output.append(UInt8(ascii: " "))
    }

    private func append(element: Int, to output: inout [UInt8]) {
        switch form {
        case .bytes, .codedBytes:
            if let range = range(element) { output.append(contentsOf: data[range]) }
        case .integers, .codedIntegers:
            if let number = number(element: element) { output.append(contentsOf: String(number).utf8) }
        case .floats, .codedFloats:
            let place = place(element, isCoded: form == .codedFloats)
            if place >= 0 { output.append(contentsOf: "\(floats[place])".utf8) }
        case .nothing: break
        }
    }
}
