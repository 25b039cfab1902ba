import LakeBytes
import LakeCore

/// CASE and COALESCE over whole vectors: every branch sees only the places that come to it.
extension Bound {
    static func choose(
        _ operand: Bound?, _ branches: [Branch], _ otherwise: Bound?, _ type: DataType, over fields: FieldVectors
    ) throws -> ColumnVector {
        var pieces = Pieces(type, count: fields.count)
        let value = try operand?.vector(over: fields)
        for branch in branches {
            guard !pieces.isComplete else { break }
            let taken = try taken(
                branch.condition, operand.flatMap { bound in value.map { (bound, $0) } }, pieces.open, fields)
            if !taken.isEmpty { try pieces.add(branch.value, at: taken, over: fields) }
        }
        if let otherwise, !pieces.isComplete { try pieces.add(otherwise, at: pieces.open, over: fields) }
        return pieces.joined()
    }

    /// Which of the open places take a branch.
    private static func taken(
        _ condition: Bound, _ operand: (bound: Bound, values: ColumnVector)?, _ open: Bitmap, _ fields: FieldVectors
    ) throws -> Bitmap {
        let positions = condition.canFail ? open.positions : nil
        let seen = positions.map { fields.gathering($0.map { Int($0) }, for: condition) } ?? fields
        var truth: Truth
        if let operand {
            let values = positions.map { operand.values.gathering($0.map { Int($0) }) } ?? operand.values
            let type = operand.bound.type ?? condition.type ?? .int64
            // A constant stays one: comparisons with constants are quick.
            let other: Bound = if case .constant = condition { condition } else { .field(1, condition.type ?? type) }
            let pair = FieldVectors([0: values, 1: try condition.vector(over: seen)], count: seen.count)
            truth = try Bound.comparison(.equal, .field(0, type), other).truth(over: pair)
        } else {
            truth = try condition.truth(over: seen)
        }
        if let positions { truth = truth.scattered(to: positions, count: fields.count, rest: false) }
        truth.trues.formIntersection(open)
        return truth.trues
    }

    static func coalesced(_ terms: [Bound], _ type: DataType, over fields: FieldVectors) throws -> ColumnVector {
        var pieces = Pieces(type, count: fields.count)
        for term in terms {
            guard !pieces.isComplete else { break }
            try pieces.add(term, at: pieces.open, over: fields, keepsNulls: false)
        }
        return pieces.joined()
    }
}

/// Values for some of the places each, put together in the end.
private struct Pieces {
    private let type: DataType
    private let count: Int
    /// Places that have no value yet.
    private(set) var open: Bitmap
    private var vectors: [ColumnVector] = []
    /// Per place its piece, and where it stands there; -1 for none.
    private var piece: [Int32]
    private var place: [Int32]

    init(_ type: DataType, count: Int) {
        self.type = type
        self.count = count
        open = Bitmap(count: count, filled: true)
        piece = [Int32](repeating: -1, count: count)
        place = [Int32](repeating: 0, count: count)
    }

    var isComplete: Bool { open.isEmpty }

    /// Evaluates an expression at some places; those where it is NULL stay open unless `keepsNulls`.
    mutating func add(_ bound: Bound, at places: Bitmap, over fields: FieldVectors, keepsNulls: Bool = true) throws {
        let positions = places.positions
        let isAll = positions.count == count
        let seen = isAll ? fields : fields.gathering(positions.map { Int($0) }, for: bound)
        let vector = try bound.vector(over: seen)
        for (index, position) in positions.enumerated() where keepsNulls || !vector.isNull(index) {
            piece[Int(position)] = Int32(vectors.count)
            place[Int(position)] = Int32(index)
            open[Int(position)] = false
        }
        vectors.append(vector)
    }

    func joined() -> ColumnVector {
        var validity = Bitmap(count: count)
        for row in 0..<count where piece[row] >= 0 && !vectors[Int(piece[row])].isNull(Int(place[row])) {
            validity[row] = true
        }
        let known = validity.population == count ? nil : validity
        switch type.physical {
        case .float:
            return ColumnVector(.floats(picked(vectors.map(\.numbers), 0)), validity: known)
        case .bytes:
            if let coded = joinedCodes() { return coded }
            let spelled = vectors.map { $0.spelledOut() }
            var strings = ByteStrings()
            for row in 0..<count {
                if piece[row] >= 0, case .bytes(let part) = spelled[Int(piece[row])].values {
                    strings.append(part[Int(place[row])])
                } else {
                    strings.append([UInt8]())
                }
            }
            return ColumnVector(.bytes(strings), validity: known)
        case .integer, .list:
            let parts = vectors.map { vector -> [Int64] in
                if case .integers(let values) = vector.spelledOut().values { values } else { [] }
            }
            return ColumnVector(.integers(picked(parts, 0)), validity: known)
        }
    }

    private func picked<Value>(_ parts: [[Value]], _ rest: Value) -> [Value] {
        (0..<count).map { row in
            guard piece[row] >= 0 else { return rest }
            let part = parts[Int(piece[row])]
            return Int(place[row]) < part.count ? part[Int(place[row])] : rest
        }
    }

    /// Text of pieces that are all coded, with the dictionaries merged; nil when that is not worth its while.
    private func joinedCodes() -> ColumnVector? {
        var size = 0
        for vector in vectors {
            if case .codes(_, let dictionary) = vector.values {
                size += dictionary.count
            } else if vector.known?.isEmpty != true {
                return nil
            }
        }
        guard size <= max(64, count) else { return nil }
        var interner = ByteInterner()
        let maps = vectors.map { vector -> [UInt32] in
            guard case .codes(_, let dictionary) = vector.values, case .bytes(let strings) = dictionary.values.values
            else { return [] }
            return (0..<strings.count).map { interner.intern(strings, $0) } + [.max]
        }
        let codes = (0..<count).map { row -> UInt32 in
            guard piece[row] >= 0, case .codes(let codes, _) = vectors[Int(piece[row])].values else { return .max }
            let map = maps[Int(piece[row])]
            return map[min(Int(codes[Int(place[row])]), map.count - 1)]
        }
        let dictionary = ValueDictionary(ColumnVector(.bytes(interner.values)))
        let null = UInt32(dictionary.count)
        return ColumnVector(.codes(codes.map { $0 == .max ? null : $0 }, dictionary: dictionary))
    }
}

extension ColumnVector {
    /// Numbers as floats.
    fileprivate var numbers: [Double] {
        switch spelledOut().values {
        case .floats(let values): values
        case .integers(let values): values.map { Double($0) }
        default: []
        }
    }
}
