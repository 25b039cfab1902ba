import CArrow
import LakeArrow
import LakeBytes

/// Writes columns as `ArrowArray`. Buffers are borrowed: each array holds on to its column until its release.
enum ArrayExport {
    static func write(_ batch: ArrowBatch, to array: UnsafeMutablePointer<ArrowArray>) {
        write(batch.asStruct, to: array)
    }

    private static func write(_ column: ArrowColumn, to array: UnsafeMutablePointer<ArrowArray>) {
        let held = HeldArray(column)
        for (index, child) in column.children.enumerated() {
            let pointer = UnsafeMutablePointer<ArrowArray>.allocate(capacity: 1)
            write(child, to: pointer)
            held.children[index] = pointer
        }
        var dictionary: UnsafeMutablePointer<ArrowArray>?
        if let values = column.dictionary {
            let pointer = UnsafeMutablePointer<ArrowArray>.allocate(capacity: 1)
            write(values, to: pointer)
            dictionary = pointer
        }
        array.initialize(
            to: ArrowArray(
                length: Int64(column.count), null_count: Int64(column.nullCount), offset: 0,
                n_buffers: Int64(column.buffers.count), n_children: Int64(column.children.count),
                buffers: held.buffers, children: held.children, dictionary: dictionary,
                release: { ArrayExport.release($0) }, private_data: Unmanaged.passRetained(held).toOpaque()))
        LiveExports.began()
    }

    /// Children and dictionaries that were moved out have no `release` any more, and live on.
    private static func release(_ array: UnsafeMutablePointer<ArrowArray>?) {
        guard let array, array.pointee.release != nil, let data = array.pointee.private_data else { return }
        for index in 0..<Int(array.pointee.n_children) {
            guard let child = array.pointee.children?[index] else { continue }
            child.pointee.release?(child)
            child.deallocate()
        }
        if let dictionary = array.pointee.dictionary {
            dictionary.pointee.release?(dictionary)
            dictionary.deallocate()
        }
        array.pointee.release = nil
        array.pointee.private_data = nil
        Unmanaged<HeldArray>.fromOpaque(data).release()
        LiveExports.ended()
    }
}

/// What an exported array points to.
private final class HeldArray {
    private let column: ArrowColumn
    let buffers: UnsafeMutablePointer<UnsafeRawPointer?>
    let children: UnsafeMutablePointer<UnsafeMutablePointer<ArrowArray>?>

    init(_ column: ArrowColumn) {
        self.column = column
        buffers = .allocate(capacity: column.buffers.count)
        for (index, held) in column.buffers.enumerated() { (buffers + index).initialize(to: held?.address) }
        children = .allocate(capacity: column.children.count)
        children.initialize(repeating: nil, count: column.children.count)
    }

    deinit {
        buffers.deallocate()
        children.deallocate()
    }
}
