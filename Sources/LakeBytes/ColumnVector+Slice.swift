import LakeCore

extension ColumnVector {
    /// The values `range`.
    public func slicing(_ range: Range<Int>) -> ColumnVector {
        if range == 0..<count { return self }
        let validity = validity.map { $0.slice(range) }
        switch values {
        case .integers(let values): return ColumnVector(.integers(Array(values[range])), validity: validity)
        case .floats(let values): return ColumnVector(.floats(Array(values[range])), validity: validity)
        case .codes(let codes, let dictionary):
            return ColumnVector(.codes(Array(codes[range]), dictionary: dictionary))
        case .bytes(let strings):
            let (start, end) = (strings.offsets[range.lowerBound], strings.offsets[range.upperBound])
            let offsets = strings.offsets[range.lowerBound...range.upperBound].map { $0 - start }
            return ColumnVector(
                .bytes(ByteStrings(offsets: offsets, data: Array(strings.data[start..<end]))), validity: validity)
        case .lists(let offsets, let child):
            let (start, end) = (offsets[range.lowerBound], offsets[range.upperBound])
            let own = offsets[range.lowerBound...range.upperBound].map { $0 - start }
            return ColumnVector(
                .lists(offsets: own, child: ListChild(child.vector.slicing(start..<end))), validity: validity)
        }
    }
}
