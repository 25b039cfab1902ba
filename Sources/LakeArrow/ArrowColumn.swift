import LakeBytes

/// The values of a column of one batch as Arrow lays them out, ready to be pointed to or written.
public final class ArrowColumn: Sendable {
    /// Values, NULLs among them.
    public let count: Int
    public let nullCount: Int
    /// First the validity, nil when no value is NULL; then what the type demands: values; or offsets and bytes; or offsets.
    public let buffers: [HeldBytes?]
    /// The elements of lists.
    public let children: [ArrowColumn]
    /// What the positions in a dictionary column stand for. The same object for batches with the same dictionary.
    public let dictionary: ArrowColumn?

    init(
        count: Int, validity: Bitmap?, buffers: [HeldBytes], children: [ArrowColumn] = [],
        dictionary: ArrowColumn? = nil
    ) {
        self.count = count
        let nulls = validity.map { $0.count - $0.population } ?? 0
        nullCount = nulls
        self.buffers = [nulls == 0 ? nil : validity.map { HeldBytes($0.words) }] + buffers
        self.children = children
        self.dictionary = dictionary
    }
}

/// A batch of rows as Arrow lays it out.
public struct ArrowBatch: Sendable {
    public var count: Int
    /// One per field of the stream.
    public var columns: [ArrowColumn]

    /// The rows as the values of one column, a struct: how a batch travels.
    public var asStruct: ArrowColumn { ArrowColumn(count: count, validity: nil, buffers: [], children: columns) }
}
