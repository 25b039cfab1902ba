import LakeBytes
import LakeCore

extension ArrowColumn {
    /// The values of a vector, each spelt out. Buffers are borrowed where they lie in memory as Arrow has them.
    /// - Parameter vector: holds values of `type`; text of less than 2 GiB (`ArrowEncoder` sees to it).
    convenience init(_ vector: ColumnVector, _ type: DataType) {
        switch vector.values {
        case .integers(let values):
            let held = type == .bool ? HeldBytes.bits(values) : .integers(values, width: type.width)
            self.init(count: values.count, validity: vector.validity, buffers: [held])
        case .floats(let values):
            self.init(
                count: values.count, validity: vector.validity, buffers: [.floats(values, width: type.width)])
        case .bytes(let strings):
            self.init(
                count: strings.count, validity: vector.validity,
                buffers: [.offsets(strings.offsets), HeldBytes(strings.data)])
        case .codes(let codes, let dictionary): self.init(codes, dictionary.values, type)
        case .lists(let offsets, let child):
            if case .fixedList(let element, let size) = type {
                self.init(fixed: vector, offsets, child.vector, element, size: size)
            } else {
                self.init(
                    count: vector.count, validity: vector.validity, buffers: [.offsets(offsets)],
                    children: [ArrowColumn(child.vector, type.element ?? .int64)])
            }
        }
    }

    /// Values by their codes.
    private convenience init(_ codes: [UInt32], _ values: ColumnVector, _ type: DataType) {
        let validity = CodedValues.validity(codes, below: values.count)
        switch values.values {
        case .integers(let values):
            let gathered = CodedValues.gather(values, codes, null: 0)
            self.init(ColumnVector(.integers(gathered), validity: validity), type)
        case .floats(let values):
            let gathered = CodedValues.gather(values, codes, null: 0)
            self.init(ColumnVector(.floats(gathered), validity: validity), type)
        case .bytes(let strings):
            var gathered = ByteStrings()
            gathered.offsets.reserveCapacity(codes.count + 1)
            for code in codes {
                // A code beyond the dictionary is NULL.
                if Int(code) < strings.count {
                    gathered.append(strings[Int(code)])
                } else {
                    gathered.offsets.append(gathered.data.count)
                }
            }
            self.init(ColumnVector(.bytes(gathered), validity: validity), type)
        case .codes, .lists:
            // A dictionary holds neither; were one to, there would be no value to show.
            self.init(.nulls(codes.count, of: type), type)
        }
    }

    /// Lists of one size: Arrow has no offsets for them, so that NULL takes room too.
    private convenience init(
        fixed vector: ColumnVector, _ offsets: [Int], _ elements: ColumnVector, _ element: DataType, size: Int
    ) {
        let count = vector.count
        let isRegular = offsets.indices.allSatisfy { offsets[$0] == $0 * size } && elements.count == count * size
        var child = elements
        if !isRegular {
            let spelled = elements.spelledOut()
            var parts: [ColumnVector] = []
            for index in 0..<count {
                let range = offsets[index]..<offsets[index + 1]
                parts.append(range.count == size ? spelled.gathering(Array(range)) : .nulls(size, of: element))
            }
            child = parts.isEmpty ? .nulls(0, of: element) : .joining(parts)
        }
        self.init(count: count, validity: vector.validity, buffers: [], children: [ArrowColumn(child, element)])
    }
}
