/// One term's values, ready to be put into keys.
struct KeyPart {
    private indirect enum Values {
        /// Numbers as they go into keys.
        case numbers([UInt64])
        case strings(ByteStrings)
        /// Values of a dictionary as they go into keys.
        case coded([UInt32], ByteStrings)
        /// Values of a dictionary that has more of them than there are rows.
        case looked([UInt32], KeyPart, count: Int)
        /// What has no order: lists.
        case none
    }

    private let values: Values
    private let validity: Bitmap?
    private let nullByte: UInt8
    private let inversion: UInt8

    init(_ vector: ColumnVector, _ term: SortKeys.Term) {
        nullByte = term.nullsFirst ? 0 : 2
        inversion = term.descending ? 0xFF : 0
        validity = vector.validity
        switch vector.values {
        case .integers(let integers):
            let sign: UInt64 = term.isUnsigned ? 0 : 1 << 63
            values = .numbers(KeyPart.turned(integers.map { UInt64(bitPattern: $0) ^ sign }, term))
        case .floats(let floats): values = .numbers(KeyPart.turned(floats.map(KeyPart.ordered), term))
        case .bytes(let strings): values = .strings(strings)
        case .codes(let codes, let dictionary):
            let part = KeyPart(dictionary.values, term)
            guard dictionary.count <= codes.count else {
                values = .looked(codes, part, count: dictionary.count)
                return
            }
            var keys = ByteStrings()
            var key: [UInt8] = []
            for value in 0..<dictionary.count {
                key.removeAll(keepingCapacity: true)
                part.append(value, to: &key)
                keys.append(key)
            }
            values = .coded(codes, keys)
        case .lists: values = .none
        }
    }

    private static func turned(_ numbers: [UInt64], _ term: SortKeys.Term) -> [UInt64] {
        term.descending ? numbers.map { ~$0 } : numbers
    }

    /// A float as a number of the same order.
    static func ordered(_ value: Double) -> UInt64 {
        if value.isNaN { return .max }
        let bits = (value == 0 ? 0 : value).bitPattern
        return bits >> 63 == 1 ? ~bits : bits | 1 << 63
    }

    /// The first 8 bytes of each value's part of a key, zeros where it is shorter: where two differ, so do the values.
    func ranks(count: Int) -> [UInt64] {
        let null = UInt64(nullByte) << 56
        switch values {
        case .coded(let codes, let keys):
            let table = (0..<keys.count).map { SortKeys.prefix(keys.data, keys.offsets[$0]..<keys.offsets[$0 + 1]) }
            return codes.map { Int($0) < table.count ? table[Int($0)] : null }
        case .looked(let codes, let part, let known):
            return codes.map { Int($0) < known ? part.rank(Int($0)) : null }
        case .numbers, .strings, .none: return (0..<count).map(rank)
        }
    }

    private func rank(_ row: Int) -> UInt64 {
        if let validity, !validity[row] { return UInt64(nullByte) << 56 }
        if case .numbers(let numbers) = values { return 1 << 56 | numbers[row] >> 8 }
        guard case .strings(let strings) = values else { return 1 << 56 }
        let text = strings[row]
        var key: [UInt8] = [1]
        append(text.prefix(7), to: &key)
        if text.count < 7 { key += [inversion, inversion] }
        return SortKeys.prefix(key, 0..<key.count)
    }

    private func append(_ text: ArraySlice<UInt8>, to key: inout [UInt8]) {
        for byte in text {
            key.append(byte ^ inversion)
            if byte == 0 { key.append(0xFF ^ inversion) }
        }
    }

    func append(_ row: Int, to key: inout [UInt8]) {
        if case .coded(let codes, let keys) = values {
            let code = Int(codes[row])
            if code < keys.count { key.append(contentsOf: keys[code]) } else { key.append(nullByte) }
            return
        }
        if case .looked(let codes, let part, let count) = values {
            return Int(codes[row]) < count ? part.append(Int(codes[row]), to: &key) : key.append(nullByte)
        }
        if let validity, !validity[row] { return key.append(nullByte) }
        key.append(1)
        switch values {
        case .numbers(let numbers):
            withUnsafeBytes(of: numbers[row].bigEndian) { key.append(contentsOf: $0) }
        case .strings(let strings):
            append(strings[row], to: &key)
            key.append(inversion)
            key.append(inversion)
        case .coded, .looked, .none: break
        }
    }
}
