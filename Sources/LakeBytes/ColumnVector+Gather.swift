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
    /// The values at ascending positions.
    public func picking(_ positions: [Int32]) -> ColumnVector {
        if case .codes(let codes, let dictionary) = values {
            return ColumnVector(.codes(Aggregation.pick(codes, at: positions), dictionary: dictionary))
        }
        return gathering(positions.map { Int($0) })
    }

    /// Vectors of one physical kind end to end; dictionary-coded ones are spelt out.
    public static func joining(_ parts: [ColumnVector]) -> ColumnVector {
        guard parts.count != 1, let first = parts.first?.spelledOut() else {
            return parts.first ?? .nulls(0, of: .int64)
        }
        let parts = [first] + parts.dropFirst().map { $0.spelledOut() }
        var validity = Bitmap()
        for part in parts {
            if let bits = part.validity {
                for index in 0..<bits.count { validity.append(bits[index]) }
            } else {
                validity.append(repeating: true, count: part.count)
            }
        }
        return ColumnVector(
            joinedValues(parts, like: first), validity: validity.population == validity.count ? nil : validity)
    }

    private static func joinedValues(_ parts: [ColumnVector], like first: ColumnVector) -> Values {
        switch first.values {
        case .integers:
            var joined: [Int64] = []
            for part in parts { if case .integers(let values) = part.values { joined.append(contentsOf: values) } }
            return .integers(joined)
        case .floats:
            var joined: [Double] = []
            for part in parts { if case .floats(let values) = part.values { joined.append(contentsOf: values) } }
            return .floats(joined)
        case .bytes:
            var joined = ByteStrings()
            for part in parts {
                guard case .bytes(let strings) = part.values else { continue }
                let end = joined.data.count
                joined.data.append(contentsOf: strings.data)
                for offset in strings.offsets.dropFirst() { joined.offsets.append(offset + end) }
            }
            return .bytes(joined)
        case .lists:
            var offsets = [0]
            var children: [ColumnVector] = []
            var end = 0
            for part in parts {
                guard case .lists(let own, let child) = part.values else { continue }
                for offset in own.dropFirst() { offsets.append(offset + end) }
                end += child.vector.count
                children.append(child.vector)
            }
            return .lists(offsets: offsets, child: ListChild(.joining(children)))
        case .codes: return first.values
        }
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
