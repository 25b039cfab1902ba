/// Builds a run of little-endian bytes.
public struct ByteWriter: Sendable {
    public private(set) var bytes: [UInt8] = []

    public init() {}

    public var count: Int { bytes.count }

    public mutating func append<Integer: FixedWidthInteger>(_ value: Integer) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    public mutating func append(_ other: some Collection<UInt8>) {
        bytes.append(contentsOf: other)
    }

    /// Appends the values' bytes end to end.
    public mutating func append<Integer: FixedWidthInteger>(all values: [Integer]) {
        if Integer(1).littleEndian == Integer(1) {
            values.withUnsafeBytes { bytes.append(contentsOf: $0) }
        } else {
            for value in values { append(value) }
        }
    }

    public mutating func append(all values: [Double]) {
        append(all: values.map(\.bitPattern))
    }

    /// Zero bytes up to the next multiple of `alignment`.
    public mutating func pad(to alignment: Int) {
        let rest = bytes.count % alignment
        if rest != 0 { bytes.append(contentsOf: repeatElement(0, count: alignment - rest)) }
    }

    /// Overwrites the bytes at `offset`.
    public mutating func put<Integer: FixedWidthInteger>(_ value: Integer, at offset: Int) {
        withUnsafeBytes(of: value.littleEndian) { source in
            for (index, byte) in source.enumerated() { bytes[offset + index] = byte }
        }
    }
}
