import LakeBytes
import LakeCore
import LakeShard

/// Texts on their way into a column, some of them NULL.
struct TextColumn {
    private var strings = ByteStrings()
    private var validity = Bitmap()
    private var nulls = 0

    mutating func append(_ text: String?) {
        if let text { strings.append(text) } else { strings.offsets.append(strings.data.count) }
        validity.append(text != nil)
        if text == nil { nulls += 1 }
    }

    var vector: ColumnVector { ColumnVector(.bytes(strings), validity: nulls == 0 ? nil : validity) }
}

/// Lists of texts on their way into a column; nil is NULL.
struct TextListColumn {
    private var strings = ByteStrings()
    private var offsets = [0]
    private var validity = Bitmap()

    mutating func append(_ texts: [String]?) {
        for text in texts ?? [] { strings.append(text) }
        offsets.append(strings.count)
        validity.append(texts != nil)
    }

    var vector: ColumnVector {
        ColumnVector(
            .lists(offsets: offsets, child: ListChild(ColumnVector(.bytes(strings)))),
            validity: validity.population == validity.count ? nil : validity)
    }
}

/// Numbers on their way into a column, some of them NULL.
struct NumberColumn<Value> {
    private(set) var values: [Value] = []
    private(set) var validity = Bitmap()
    private let zero: Value

    init(zero: Value) { self.zero = zero }

    mutating func append(_ value: Value?) {
        values.append(value ?? zero)
        validity.append(value != nil)
    }

    fileprivate var knownValidity: Bitmap? { validity.population == validity.count ? nil : validity }
}

extension NumberColumn<Int64> {
    init() { self.init(zero: 0) }

    mutating func append(days: Int32?) { append(days.map { Int64($0) }) }

    var vector: ColumnVector { ColumnVector(.integers(values), validity: knownValidity) }
}

extension NumberColumn<Double> {
    init() { self.init(zero: 0) }

    var vector: ColumnVector { ColumnVector(.floats(values), validity: knownValidity) }
}

/// Lists of numbers, all of one length or not, on their way into a column; nil is NULL.
struct NumberListColumn<Value> {
    private var values: [Value] = []
    private var offsets = [0]
    private var validity = Bitmap()
    private let zero: Value
    /// What NULL takes up; 0 in lists of any length.
    private let size: Int

    init(zero: Value, size: Int) {
        self.zero = zero
        self.size = size
    }

    mutating func append(_ list: [Value]?) {
        if let list {
            values.append(contentsOf: list)
        } else {
            values.append(contentsOf: repeatElement(zero, count: size))
        }
        offsets.append(values.count)
        validity.append(list != nil)
    }

    fileprivate func vector(_ child: ([Value]) -> ColumnVector) -> ColumnVector {
        ColumnVector(
            .lists(offsets: offsets, child: ListChild(child(values))),
            validity: validity.population == validity.count ? nil : validity)
    }
}

extension NumberListColumn<Double> {
    init(size: Int) { self.init(zero: 0, size: size) }

    var vector: ColumnVector { vector { ColumnVector(.floats($0)) } }
}

extension NumberListColumn<Int64> {
    init(size: Int) { self.init(zero: 0, size: size) }

    mutating func append(ranks: [UInt8]?) { append(ranks.map { $0.map { Int64($0) } }) }

    var vector: ColumnVector { vector { ColumnVector(.integers($0)) } }
}
