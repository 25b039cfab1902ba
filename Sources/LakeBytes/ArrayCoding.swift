import LakeCore

/// Arrays as bytes, one after the other, each behind its length: for what is written to a `SpillFile`.
public struct ArrayWriter: Sendable {
    private var writer = ByteWriter()

    public init() {}

    public var bytes: [UInt8] { writer.bytes }

    public mutating func append(_ values: [Int64]) {
        writer.append(UInt64(values.count))
        writer.append(all: values)
    }

    public mutating func append(_ values: [Double]) {
        writer.append(UInt64(values.count))
        writer.append(all: values)
    }

    public mutating func append(_ strings: ByteStrings) {
        append(strings.offsets.map { Int64($0) })
        writer.append(UInt64(strings.data.count))
        writer.append(strings.data)
    }
}

/// Reads what an `ArrayWriter` wrote, in the same order.
public struct ArrayReader: Sendable {
    private let view: ByteView
    private var position = 0

    public init(_ view: ByteView) { self.view = view }

    /// - Parameter count: how many there must be; nil for any number.
    /// - Throws: `LakeError` (corrupt) when there are others.
    public mutating func integers(_ count: Int? = nil) throws -> [Int64] {
        let part = try next(width: 8, count: count)
        return part.withUnsafeBytes { source in
            [Int64](unsafeUninitializedCapacity: source.count / 8) { target, filled in
                UnsafeMutableRawBufferPointer(target).copyMemory(from: source)
                filled = source.count / 8
            }
        }
    }

    public mutating func floats(_ count: Int? = nil) throws -> [Double] {
        try integers(count).map { Double(bitPattern: UInt64(bitPattern: $0)) }
    }

    public mutating func strings() throws -> ByteStrings {
        let offsets = try integers().map { Int($0) }
        let data = try next(width: 1, count: nil).bytes
        guard offsets.first == 0, offsets.last == data.count, zip(offsets, offsets.dropFirst()).allSatisfy({ $0 <= $1 })
        else { throw ArrayReader.damaged }
        return ByteStrings(offsets: offsets, data: data)
    }

    private mutating func next(width: Int, count: Int?) throws -> ByteView {
        let length = try view.load(at: position, as: UInt64.self)
        guard length <= UInt64(view.count / width), count.map({ $0 == Int(length) }) ?? true else {
            throw ArrayReader.damaged
        }
        let part = try view.slice(offset: position + 8, count: Int(length) * width)
        position += 8 + part.count
        return part
    }

    /// What is thrown for arrays that are not what they should be.
    public static var damaged: LakeError {
        LakeError(.corrupt, "a temporary file does not hold what was written to it")
    }
}
