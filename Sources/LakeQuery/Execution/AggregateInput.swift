import LakeBytes
import LakeCore

/// What an aggregate reads: a column of numbers, or any values.
enum AggregateInput: Sendable {
    case integers([Int64], Bitmap?)
    case floats([Double], Bitmap?)
    /// Text: positions in a dictionary; from its count on, NULL.
    case codes([UInt32], ValueDictionary)
    case scalars([Scalar])
    /// Several columns side by side.
    case several([AggregateInput])

    /// - Parameter vectors: the fields that the argument reads, of `count` values each.
    init(_ argument: Bound, vectors: [Int: ColumnVector], count: Int) throws {
        if case .inputs(let inputs, let filter) = argument {
            self = try AggregateInput.filtered(inputs, filter, vectors: vectors, count: count)
            return
        }
        let type = argument.type ?? .int64
        let vector = try argument.vector(over: FieldVectors(vectors, count: count))
        if case .codes(let codes, let dictionary) = vector.values, case .bytes = dictionary.values.values {
            self = .codes(codes, dictionary)
            return
        }
        // Coded vectors tell NULL by its code; only once spelled out do they have a validity.
        let spelled = vector.spelledOut()
        switch spelled.values {
        case .integers(let values) where type != .uint64 || values.allSatisfy({ $0 >= 0 }):
            self = .integers(values, spelled.validity)
        case .floats(let values): self = .floats(values, spelled.validity)
        default: self = .scalars((0..<count).map { vector.scalar($0, type) })
        }
    }

    private static func filtered(
        _ inputs: [Bound], _ filter: Bound?, vectors: [Int: ColumnVector], count: Int
    ) throws -> AggregateInput {
        func evaluated(_ vectors: [Int: ColumnVector], _ count: Int) throws -> [AggregateInput] {
            try inputs.map { try AggregateInput($0, vectors: vectors, count: count) }
        }
        guard let filter else { return .several(try evaluated(vectors, count)) }
        let passing = try filter.truth(over: FieldVectors(vectors, count: count)).trues
        var result: [AggregateInput]
        do {
            result = try evaluated(vectors, count)
        } catch {
            // Rows that do not pass must not fail the query.
            let rows = passing.positions.map { Int($0) }
            let compact = try evaluated(vectors.mapValues { $0.gathering(rows) }, rows.count)
            var places = [Int](repeating: 0, count: count)
            for (place, row) in rows.enumerated() { places[row] = place }
            result =
                rows.isEmpty
                ? inputs.map { _ in .scalars(places.map { _ in .null }) } : compact.map { $0.gathering(places) }
        }
        result[0] = result[0].masked(by: passing)
        return result.count == 1 ? result[0] : .several(result)
    }

    var count: Int {
        switch self {
        case .integers(let values, _): values.count
        case .floats(let values, _): values.count
        case .codes(let codes, _): codes.count
        case .scalars(let values): values.count
        case .several(let inputs): inputs.first?.count ?? 0
        }
    }

    /// NULL where `passing` is not set.
    private func masked(by passing: Bitmap) -> AggregateInput {
        func both(_ validity: Bitmap?) -> Bitmap {
            var result = passing
            if let validity { result.formIntersection(validity) }
            return result
        }
        switch self {
        case .integers(let values, let validity): return .integers(values, both(validity))
        case .floats(let values, let validity): return .floats(values, both(validity))
        case .codes(let codes, let dictionary):
            let null = UInt32(dictionary.count)
            return .codes(codes.indices.map { passing[$0] ? codes[$0] : null }, dictionary)
        case .scalars(let values): return .scalars(values.indices.map { passing[$0] ? values[$0] : .null })
        case .several(let inputs): return .several(inputs.map { $0.masked(by: passing) })
        }
    }

    private func gathering(_ places: [Int]) -> AggregateInput {
        func bits(_ validity: Bitmap?) -> Bitmap? {
            guard let validity else { return nil }
            var result = Bitmap(count: places.count)
            for (row, place) in places.enumerated() where validity[place] { result[row] = true }
            return result
        }
        switch self {
        case .integers(let values, let validity): return .integers(places.map { values[$0] }, bits(validity))
        case .floats(let values, let validity): return .floats(places.map { values[$0] }, bits(validity))
        case .codes(let codes, let dictionary): return .codes(places.map { codes[$0] }, dictionary)
        case .scalars(let values): return .scalars(places.map { values[$0] })
        case .several(let inputs): return .several(inputs.map { $0.gathering(places) })
        }
    }

    /// The value at `index`, an integer as one of `type`.
    func scalar(_ index: Int, _ type: DataType) -> Scalar {
        switch self {
        case .integers(let values, let validity):
            validity.map { $0[index] } ?? true ? Scalar(bits: values[index], type: type) : .null
        case .floats(let values, let validity): validity.map { $0[index] } ?? true ? .float(values[index]) : .null
        case .codes(let codes, let dictionary):
            Int(codes[index]) < dictionary.count ? dictionary.values.scalar(Int(codes[index]), type) : .null
        case .scalars(let values): values[index]
        case .several(let inputs): inputs[0].scalar(index, type)
        }
    }
}
