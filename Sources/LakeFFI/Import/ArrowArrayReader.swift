import CArrow
import LakeBytes
import LakeCore

/// A foreign array, checked as far as the C data interface lets it be, whose values can be read in runs.
///
/// The interface carries no sizes of buffers, so that a producer who lies about a length cannot be found out. What can be
/// checked is: counts, null pointers, ascending offsets that stay inside of children, positions that stay inside of
/// dictionaries, and UTF-8.
final class ArrowArrayReader {
    /// Above this many values or bytes, a number is damage and not a length.
    static let most = 1 << 40

    let field: ImportedField
    /// Values of the array, which begin `offset` places into its buffers.
    let count: Int
    let offset: Int
    private let buffers: [UnsafeRawPointer?]
    private let hasNulls: Bool
    /// The elements of lists; or what a dictionary holds.
    let inner: ArrowArrayReader?
    /// The values of a dictionary, and which of them are NULL.
    private(set) lazy var dictionary = readDictionary()

    /// - Throws: `LakeError` (usage) when the array cannot be one of the field.
    init(_ field: ImportedField, _ array: UnsafeMutablePointer<ArrowArray>?) throws(LakeError) {
        func refused(_ what: String) -> LakeError {
            LakeError(.usage, "the Arrow array is not valid: " + what, at: .init(column: field.name))
        }
        guard let array, array.pointee.release != nil else { throw refused("it is missing, or has been released") }
        self.field = field
        let part = array.pointee
        guard (0...Int64(ArrowArrayReader.most)).contains(part.length),
            (0...Int64(ArrowArrayReader.most)).contains(part.offset)
        else { throw refused("it has the length \(part.length) and the offset \(part.offset)") }
        (count, offset) = (Int(part.length), Int(part.offset))
        guard (-1...part.length).contains(part.null_count) else {
            throw refused("\(part.null_count) of \(count) values are NULL")
        }
        let expected = field.layout.bufferCounts
        guard expected.contains(part.n_buffers), part.n_buffers == 0 || part.buffers != nil else {
            throw refused("it has \(part.n_buffers) buffers")
        }
        buffers = (0..<Int(part.n_buffers)).map { part.buffers?[$0] }
        hasNulls = part.null_count != 0 && buffers.first.map { $0 != nil } ?? false
        guard hasNulls || part.null_count <= 0 || field.layout.isNothing else {
            throw refused("\(part.null_count) values are NULL, but nothing says which")
        }
        guard part.n_children == field.layout.childCount, part.n_children == 0 || part.children != nil else {
            throw refused("it has \(part.n_children) children")
        }
        guard (part.dictionary != nil) == field.layout.hasDictionary else {
            throw refused("it \(part.dictionary == nil ? "lacks" : "has") a dictionary")
        }
        switch field.layout {
        case .list(_, let element): inner = try ArrowArrayReader(element, part.children?[0])
        case .fixedList(let size, let element):
            let elements = try ArrowArrayReader(element, part.children?[0])
            guard elements.count / size >= offset + count else {
                throw refused("\(count) lists of \(size) in \(elements.count) elements")
            }
            inner = elements
        case .dictionary(_, _, let values):
            let values = try ArrowArrayReader(values, part.dictionary)
            guard values.count < Int(UInt32.max) else { throw refused("\(values.count) values in the dictionary") }
            inner = values
        default: inner = nil
        }
    }

    /// A buffer from the byte on at which value `index` stands.
    /// - Throws: `LakeError` (usage) when it is not there.
    func buffer(_ number: Int, from index: Int = 0, width: Int = 1) throws(LakeError) -> UnsafeRawPointer {
        guard number < buffers.count, let buffer = buffers[number] else {
            throw LakeError(
                .usage, "the Arrow array is not valid: buffer \(number) is missing", at: .init(column: field.name))
        }
        return buffer + (offset + index) * width
    }

    /// Buffer `number`, whatever it holds.
    func wholeBuffer(_ number: Int) -> UnsafeRawPointer? { number < buffers.count ? buffers[number] : nil }

    var bufferCount: Int { buffers.count }

    /// Which of some values are not NULL; nil when all are.
    func validity(_ rows: Range<Int>) -> Bitmap? {
        guard hasNulls, let bits = buffers[0] else { return nil }
        let bitmap = ArrowArrayReader.bits(bits, from: offset + rows.lowerBound, count: rows.count)
        return bitmap.population == rows.count ? nil : bitmap
    }

    /// `count` bits from the one at `first` on.
    static func bits(_ bytes: UnsafeRawPointer, from first: Int, count: Int) -> Bitmap {
        var words = [UInt64](repeating: 0, count: (count + 63) / 64)
        for index in 0..<count {
            let place = first + index
            let bit = bytes.load(fromByteOffset: place >> 3, as: UInt8.self) >> UInt8(place & 7) & 1
            words[index >> 6] |= UInt64(bit) << UInt64(index & 63)
        }
        return Bitmap(words: words, count: count)
    }

    private func readDictionary() -> Result<(ValueDictionary, Bitmap?), LakeError> {
        Result { () throws(LakeError) in
            guard let inner else { return (ValueDictionary([String]()), nil) }
            var values = try inner.vector(0..<inner.count)
            let validity = values.validity
            values.validity = nil
            return (ValueDictionary(values), validity)
        }
    }
}

extension ImportedField.Layout {
    var isNothing: Bool { if case .nothing = self { true } else { false } }

    var hasDictionary: Bool { if case .dictionary = self { true } else { false } }

    var childCount: Int64 {
        switch self {
        case .list, .fixedList: 1
        default: 0
        }
    }

    /// How many buffers an array may have.
    var bufferCounts: ClosedRange<Int64> {
        switch self {
        case .nothing: 0...0
        case .bits, .integers, .floats, .fixedBytes, .list, .dictionary: 2...2
        case .text: 3...3
        // Any number of buffers of text, and one with their sizes.
        case .views: 3...(1 << 20)
        case .fixedList: 1...1
        }
    }
}
