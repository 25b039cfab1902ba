import LakeBytes
import LakeCore

extension ArrowArrayReader {
    /// Some values as a vector of the field's type.
    /// - Parameter rows: inside of `0..<count`.
    /// - Throws: `LakeError`: usage for an array that is not valid, failed for a value that our type cannot hold.
    func vector(_ rows: Range<Int>) throws(LakeError) -> ColumnVector {
        guard !rows.isEmpty else { return .nulls(0, of: field.type ?? .int64).withoutValidity }
        let validity = validity(rows)
        switch field.layout {
        case .nothing: return .nulls(rows.count, of: field.type ?? .int64)
        case .bits:
            let bits = ArrowArrayReader.bits(
                try required(1), from: offset + rows.lowerBound, count: rows.count)
            return ColumnVector(.integers((0..<rows.count).map { bits[$0] ? 1 : 0 }), validity: validity)
        case .integers(let width, let isSigned, let scale):
            let values = try integers(width, isSigned, rows)
            return ColumnVector(.integers(try scaled(values, scale, rows, validity)), validity: validity)
        case .floats(let width):
            let place = try buffer(1, from: rows.lowerBound, width: width)
            let values = (0..<rows.count).map { row in
                width == 4
                    ? Double(place.loadUnaligned(fromByteOffset: 4 * row, as: Float.self))
                    : place.loadUnaligned(fromByteOffset: 8 * row, as: Double.self)
            }
            return ColumnVector(.floats(values), validity: validity)
        case .text(let width): return ColumnVector(.bytes(try text(width, rows, validity)), validity: validity)
        case .views: return ColumnVector(.bytes(try views(rows, validity)), validity: validity)
        case .fixedBytes(let size):
            let place = try buffer(1, from: rows.lowerBound, width: size)
            let bytes = [UInt8](UnsafeRawBufferPointer(start: place, count: rows.count * size))
            let offsets = (0...rows.count).map { $0 * size }
            return ColumnVector(.bytes(ByteStrings(offsets: offsets, data: bytes)), validity: validity)
        case .list(let width, _): return try lists(width, rows, validity)
        case .fixedList(let size, _):
            let first = (offset + rows.lowerBound) * size
            let elements = try inner?.vector(first..<(first + rows.count * size)) ?? .nulls(0, of: .int64)
            let offsets = (0...rows.count).map { $0 * size }
            return ColumnVector(
                .lists(offsets: offsets, child: ListChild(elements.spelledOut())), validity: validity)
        case .dictionary(let width, let isSigned, _):
            return try coded(try integers(width, isSigned, rows), rows, validity)
        }
    }

    private func required(_ number: Int) throws(LakeError) -> UnsafeRawPointer {
        guard let buffer = wholeBuffer(number) else { return try buffer(number) }
        return buffer
    }

    // MARK: Integers

    private func integers(_ width: Int, _ isSigned: Bool, _ rows: Range<Int>) throws(LakeError) -> [Int64] {
        let place = try buffer(1, from: rows.lowerBound, width: width)
        return switch (width, isSigned) {
        case (1, true): ArrowArrayReader.integers(place, rows.count, Int8.self)
        case (1, false): ArrowArrayReader.integers(place, rows.count, UInt8.self)
        case (2, true): ArrowArrayReader.integers(place, rows.count, Int16.self)
        case (2, false): ArrowArrayReader.integers(place, rows.count, UInt16.self)
        case (4, true): ArrowArrayReader.integers(place, rows.count, Int32.self)
        case (4, false): ArrowArrayReader.integers(place, rows.count, UInt32.self)
        default: ArrowArrayReader.integers(place, rows.count, Int64.self)
        }
    }

    private static func integers<Stored: FixedWidthInteger & BitwiseCopyable>(
        _ place: UnsafeRawPointer, _ count: Int, _: Stored.Type
    ) -> [Int64] {
        (0..<count).map { index in
            let value = place.loadUnaligned(fromByteOffset: index * MemoryLayout<Stored>.size, as: Stored.self)
            return Int64(truncatingIfNeeded: value)
        }
    }

    private func scaled(
        _ values: [Int64], _ scale: ImportedField.Scale, _ rows: Range<Int>, _ validity: Bitmap?
    ) throws(LakeError) -> [Int64] {
        if case .one = scale { return values }
        var result = values
        for index in values.indices {
            // What stands where a value is NULL means nothing.
            if let validity, !validity[index] {
                result[index] = 0
                continue
            }
            let (ours, isExact) = ArrowArrayReader.scaled(values[index], scale)
            guard isExact, field.type?.integerRange?.contains(ours) != false else {
                throw failed(rows.lowerBound + index, "\(values[index]) does not fit \(field.type ?? .int64) exactly")
            }
            result[index] = ours
        }
        return result
    }

    private static func scaled(_ value: Int64, _ scale: ImportedField.Scale) -> (Int64, isExact: Bool) {
        switch scale {
        case .one: (value, true)
        case .times(let factor):
            { (product: (Int64, Bool)) in (product.0, !product.1) }(value.multipliedReportingOverflow(by: factor))
        case .divided(let divisor): (value / divisor, value % divisor == 0)
        }
    }

    // MARK: Dictionaries and lists

    private func coded(
        _ positions: [Int64], _ rows: Range<Int>, _ validity: Bitmap?
    ) throws(LakeError) -> ColumnVector {
        let (dictionary, known) = try dictionary.get()
        var codes = [UInt32](repeating: UInt32(dictionary.count), count: positions.count)
        for (index, position) in positions.enumerated() {
            if let validity, !validity[index] { continue }
            guard position >= 0, position < dictionary.count else {
                throw invalid(rows.lowerBound + index, "position \(position) in a dictionary of \(dictionary.count)")
            }
            if known?[Int(position)] != false { codes[index] = UInt32(position) }
        }
        return ColumnVector(.codes(codes, dictionary: dictionary))
    }

    private func lists(_ width: Int, _ rows: Range<Int>, _ validity: Bitmap?) throws(LakeError) -> ColumnVector {
        let offsets = try offsets(width, rows)
        guard let inner, let first = offsets.first, let last = offsets.last, last <= inner.count else {
            throw invalid(rows.lowerBound, "lists end beyond their elements")
        }
        let elements = try inner.vector(first..<last).spelledOut()
        let lists = ColumnVector(
            .lists(offsets: offsets.map { $0 - first }, child: ListChild(elements)), validity: validity)
        guard let validity else { return lists }
        // A list that is NULL has no elements with us.
        var (ends, kept) = ([0], [Int]())
        for row in 0..<rows.count {
            if validity[row] { kept.append(contentsOf: (offsets[row] - first)..<(offsets[row + 1] - first)) }
            ends.append(kept.count)
        }
        if kept.count == elements.count { return lists }
        return ColumnVector(.lists(offsets: ends, child: ListChild(elements.gathering(kept))), validity: validity)
    }

    /// The `rows.count + 1` offsets of some values.
    /// - Throws: `LakeError` (usage) for those that do not ascend.
    func offsets(_ width: Int, _ rows: Range<Int>) throws(LakeError) -> [Int] {
        let place = try buffer(1, from: rows.lowerBound, width: width)
        let offsets =
            width == 4
            ? ArrowArrayReader.integers(place, rows.count + 1, Int32.self)
            : ArrowArrayReader.integers(place, rows.count + 1, Int64.self)
        var last: Int64 = 0
        for (index, offset) in offsets.enumerated() {
            guard offset >= last, offset <= ArrowArrayReader.most else {
                throw invalid(rows.lowerBound + index, "offset \(offset) after \(last)")
            }
            last = offset
        }
        return offsets.map { Int($0) }
    }

    func invalid(_ row: Int, _ what: String) -> LakeError {
        LakeError(.usage, "the Arrow array is not valid: \(what), at value \(row)", at: .init(column: field.name))
    }

    private func failed(_ row: Int, _ what: String) -> LakeError {
        LakeError(
            .failed, "\(what), at value \(row)", at: .init(column: field.name),
            hint: "timestamps have microseconds, and dates no time of day; cast the column first")
    }
}

extension ColumnVector {
    fileprivate var withoutValidity: ColumnVector {
        var copy = self
        copy.validity = nil
        return copy
    }
}
