import LakeBytes
import LakeCore

/// The lists of a column of `ads`, all of one length, as floats.
struct ShareLists {
    private let offsets: [Int]
    private let values: [Double]
    private let vector: ColumnVector

    /// - Throws: `LakeError` (usage) for a column that holds something else.
    init(_ vector: ColumnVector, size: Int, column: String) throws(LakeError) {
        let place = LakeError.Location(table: "ads", column: column)
        guard case .lists(let offsets, let child) = vector.values, let values = ShareLists.floats(child.vector) else {
            throw LakeError(.usage, "the column holds no lists of numbers", at: place, hint: ShareLists.hint)
        }
        for row in 0..<vector.count where !vector.isNull(row) && offsets[row + 1] - offsets[row] != size {
            throw LakeError(
                .usage, "a list has \(offsets[row + 1] - offsets[row]) elements, not \(size)", at: place,
                hint: ShareLists.hint)
        }
        self.offsets = offsets
        self.values = values
        self.vector = vector
    }

    private static let hint = "`alphalake import ads` makes the table as it has to be"

    /// Where the elements of a row begin; nil where the list is NULL.
    @inline(__always)
    func start(_ row: Int) -> Int? { vector.isNull(row) ? nil : offsets[row] }

    /// An element; NaN where it is NULL.
    @inline(__always)
    subscript(position: Int) -> Double { values[position] }

    private static func floats(_ vector: ColumnVector) -> [Double]? {
        var values: [Double]
        switch vector.values {
        case .floats(let floats): values = floats
        case .integers(let integers): values = integers.map(Double.init)
        case .codes(let codes, let dictionary):
            guard let distinct = floats(dictionary.values) else { return nil }
            return codes.map { Int($0) < distinct.count ? distinct[Int($0)] : .nan }
        case .bytes, .lists: return nil
        }
        guard vector.validity != nil else { return values }
        for index in values.indices where vector.isNull(index) { values[index] = .nan }
        return values
    }
}
