import LakeBytes

/// The constants of an IN list, laid out for being looked up.
final class ConstantSet: Hashable, Sendable {
    let values: Set<Scalar>
    /// Those that an integer can equal.
    private let integers: IntegerInterner

    /// - Parameter values: without NULL.
    init(_ values: Set<Scalar>) {
        self.values = values
        var integers = IntegerInterner()
        for value in values {
            switch value {
            case .integer(let number): _ = integers.intern(number)
            case .float(let number): if let whole = Int64(exactly: number) { _ = integers.intern(whole) }
            default: continue
            }
        }
        self.integers = integers
    }

    func contains(_ value: Scalar) -> Bool { values.contains(value) }

    /// Where an integer is in the set.
    func rows(_ integers: [Int64]) -> Bitmap {
        var rows = Bitmap(count: integers.count)
        for (row, value) in integers.enumerated() where self.integers.number(of: value) != nil { rows[row] = true }
        return rows
    }

    static func == (a: ConstantSet, b: ConstantSet) -> Bool { a.values == b.values }

    func hash(into hasher: inout Hasher) { hasher.combine(values) }
}
