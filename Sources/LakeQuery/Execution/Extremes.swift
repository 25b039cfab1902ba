import LakeBytes
import LakeCore

/// The least, the greatest or the first value per cell.
struct Extremes: Sendable {
    private enum Rule { case least, greatest, first }

    private let rule: Rule
    private let type: DataType
    // One of these holds the values, by their type.
    private var integers: [Int64] = []
    private var floats: [Double] = []
    private var scalars: [Scalar] = []
    /// The last dictionary that values were read from, spelled out.
    private var known: (dictionary: ValueDictionary, scalars: [Scalar])?
    /// Bytes of text.
    private var bytesOnHeap = 0

    init(_ aggregate: BoundAggregate) {
        rule = aggregate.function == .min ? .least : aggregate.function == .max ? .greatest : .first
        type = aggregate.input
    }

    private var holdsIntegers: Bool { type.physical == .integer && type != .uint64 }

    mutating func grow(by more: Int) {
        if holdsIntegers {
            integers.append(contentsOf: repeatElement(0, count: more))
        } else if type.physical == .float {
            floats.append(contentsOf: repeatElement(0, count: more))
        } else {
            scalars.append(contentsOf: repeatElement(.null, count: more))
        }
    }

    /// The value of a cell that has one.
    subscript(cell: Int) -> Scalar {
        if holdsIntegers { return Scalar(bits: integers[cell], type: type) }
        return type.physical == .float ? .float(floats[cell]) : scalars[cell]
    }

    mutating func add(_ input: AggregateInput, _ rows: AggregatedRows, counts: inout [Int64]) {
        switch input {
        case .integers(let values, _) where holdsIntegers:
            rows.forEach(input) { cell, place, multiple in
                take(values[place], cell, isFirst: counts[cell] == 0)
                counts[cell] &+= multiple
            }
        case .floats(let values, _) where type.physical == .float:
            rows.forEach(input) { cell, place, multiple in
                take(values[place], cell, isFirst: counts[cell] == 0)
                counts[cell] &+= multiple
            }
        case .codes(let codes, let dictionary) where dictionary.count <= 4 * codes.count:
            let spelled = spelled(dictionary)
            rows.forEach(input) { cell, place, multiple in
                take(spelled[Int(codes[place])], cell, isFirst: counts[cell] == 0)
                counts[cell] &+= multiple
            }
        default:
            rows.forEach(input) { cell, place, multiple in
                take(input.scalar(place, type), cell, isFirst: counts[cell] == 0)
                counts[cell] &+= multiple
            }
        }
    }

    private mutating func spelled(_ dictionary: ValueDictionary) -> [Scalar] {
        if let known, known.dictionary === dictionary { return known.scalars }
        let scalars = (0..<dictionary.count).map { dictionary.values.scalar($0, type) }
        known = (dictionary, scalars)
        return scalars
    }

    @inline(__always)
    private mutating func take(_ value: Int64, _ cell: Int, isFirst: Bool) {
        switch rule {
        case _ where isFirst: integers[cell] = value
        case .least: integers[cell] = min(integers[cell], value)
        case .greatest: integers[cell] = max(integers[cell], value)
        case .first: break
        }
    }

    @inline(__always)
    private mutating func take(_ value: Double, _ cell: Int, isFirst: Bool) {
        // NaN is above all numbers.
        switch rule {
        case _ where isFirst: floats[cell] = value
        case .least: if value < floats[cell] || floats[cell].isNaN { floats[cell] = value }
        case .greatest: if value > floats[cell] || value.isNaN { floats[cell] = value }
        case .first: break
        }
    }

    private mutating func take(_ value: Scalar, _ cell: Int, isFirst: Bool) {
        if holdsIntegers { return take(value.integerBits ?? 0, cell, isFirst: isFirst) }
        if type.physical == .float { return take(value.number ?? .nan, cell, isFirst: isFirst) }
        switch rule {
        case _ where isFirst: put(value, cell)
        case .least: if value.compare(scalars[cell]) < 0 { put(value, cell) }
        case .greatest: if value.compare(scalars[cell]) > 0 { put(value, cell) }
        case .first: break
        }
    }

    private mutating func put(_ value: Scalar, _ cell: Int) {
        if case .bytes(let text) = value { bytesOnHeap += 32 + text.count }
        if case .bytes(let text) = scalars[cell] { bytesOnHeap -= 32 + text.count }
        scalars[cell] = value
    }

    mutating func merge(
        _ other: Extremes, from sources: [Int], into targets: [Int], counts: inout [Int64], other otherCounts: [Int64]
    ) {
        for (source, target) in zip(sources, targets) where otherCounts[source] > 0 {
            take(other[source], target, isFirst: counts[target] == 0)
            counts[target] &+= otherCounts[source]
        }
    }

    // MARK: Spilling

    var byteCount: Int {
        8 * (integers.count + floats.count) + 16 * scalars.count + bytesOnHeap
    }

    func write(to writer: inout ArrayWriter) {
        writer.append(integers)
        writer.append(floats)
        var strings = ByteStrings()
        let codec = GroupKeys(types: [type])
        for scalar in scalars {
            codec.append(scalar, term: 0, to: &strings.data)
            strings.offsets.append(strings.data.count)
        }
        writer.append(strings)
    }

    mutating func read(from reader: inout ArrayReader, cells: Int) throws {
        integers = try reader.integers()
        floats = try reader.floats()
        let strings = try reader.strings()
        guard integers.count + floats.count + strings.count == cells else { throw ArrayReader.damaged }
        let codec = GroupKeys(types: [type])
        scalars = (0..<strings.count).map { codec.values(strings[$0])[0] }
    }
}
