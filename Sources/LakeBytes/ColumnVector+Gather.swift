import LakeCore

extension ColumnVector {
    /// The values at `positions`, in their order.
    public func gathering(_ positions: [Int]) -> ColumnVector {
        let selected = validity.map { validity in
            var bits = Bitmap(count: positions.count)
            for (index, position) in positions.enumerated() where validity[position] { bits[index] = true }
            return bits
        }
        switch values {
        case .integers(let values):
            return ColumnVector(.integers(positions.map { values[$0] }), validity: selected)
        case .floats(let values):
            return ColumnVector(.floats(positions.map { values[$0] }), validity: selected)
        case .bytes(let values):
            var result = ByteStrings()
            for position in positions { result.append(values[position]) }
            return ColumnVector(.bytes(result), validity: selected)
        case .codes(let codes, let dictionary):
            return ColumnVector(.codes(positions.map { codes[$0] }, dictionary: dictionary))
        case .lists(let offsets, let child):
            var ends = [0]
            var elements: [Int] = []
            for position in positions {
                elements.append(contentsOf: offsets[position]..<offsets[position + 1])
                ends.append(elements.count)
            }
            return ColumnVector(
                .lists(offsets: ends, child: ListChild(child.vector.gathering(elements))), validity: selected)
        }
    }
}

extension ColumnVector {
    /// Vectors of one physical kind end to end; dictionary-coded ones are spelt out.
    public static func joining(_ parts: [ColumnVector]) -> ColumnVector {
        guard parts.count != 1, let first = parts.first?.spelledOut() else {
            return parts.first ?? .nulls(0, of: .int64)
        }
        var result = first
        var validity = Bitmap()
        func note(_ part: ColumnVector) {
            guard let bits = part.validity else {
                validity.append(repeating: true, count: part.count)
                return
            }
            for index in 0..<bits.count { validity.append(bits[index]) }
        }
        note(first)
        for part in parts.dropFirst().map({ $0.spelledOut() }) {
            note(part)
            switch (result.values, part.values) {
            case (.integers(let a), .integers(let b)): result.values = .integers(a + b)
            case (.floats(let a), .floats(let b)): result.values = .floats(a + b)
            case (.bytes(let a), .bytes(let b)):
                let end = a.data.count
                result.values = .bytes(
                    ByteStrings(offsets: a.offsets + b.offsets.dropFirst().map { $0 + end }, data: a.data + b.data))
            case (.lists(let a, let x), .lists(let b, let y)):
                let end = x.vector.count
                result.values = .lists(
                    offsets: a + b.dropFirst().map { $0 + end }, child: ListChild(.joining([x.vector, y.vector])))
            default: break
            }
        }
        result.validity = validity.population == validity.count ? nil : validity
        return result
    }

    /// The same values without a dictionary.
    public func spelledOut() -> ColumnVector {
        guard case .codes(let codes, let dictionary) = values else { return self }
        var validity = Bitmap(count: codes.count, filled: true)
        var positions: [Int] = []
        positions.reserveCapacity(codes.count)
        for (index, code) in codes.enumerated() {
            let isNull = Int(code) >= dictionary.count
            if isNull { validity[index] = false }
            positions.append(isNull ? 0 : Int(code))
        }
        if dictionary.count == 0 {
            switch dictionary.values.values {
            case .floats: return ColumnVector(.floats(positions.map { _ in 0 }), validity: validity)
            case .bytes:
                let strings = ByteStrings(offsets: [Int](repeating: 0, count: positions.count + 1), data: [])
                return ColumnVector(.bytes(strings), validity: validity)
            default: return ColumnVector(.integers(positions.map { _ in 0 }), validity: validity)
            }
        }
        var result = dictionary.values.gathering(positions)
        result.validity = validity.population == validity.count ? nil : validity
        return result
    }
}
