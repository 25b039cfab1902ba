import LakeBytes
import Synchronization

/// What has been decoded of a shard's key columns, kept as long as there is room: columns of keys are small beside columns
/// of rows, and every slice needs a few of them.
final class ScanColumns: Sendable {
    /// Columns with fewer distinct values than this, NULL included, have a bitmap per value.
    static let bitmapValues = 48

    /// A column of a group: a field, or one of the numbers below.
    struct Place: Hashable {
        var group: Int
        var subject: Int
        /// The versions of other tables that a derived column was looked up in.
        var sources: [Digest] = []
    }

    static let rowCounts = -1
    static func ancestor(_ group: Int) -> Int { -2 - group }

    private struct Columns {
        var vectors: [Place: ColumnVector] = [:]
        var codes: [Place: [UInt32]] = [:]
        var bitmaps: [Place: [Bitmap]] = [:]
        var bytes = 0
    }

    private let kept: KeptColumns
    private let columns = Mutex(Columns())

    init(_ kept: KeptColumns) { self.kept = kept }

    deinit { forget() }

    func vector(_ place: Place, _ load: () throws -> ColumnVector) rethrows -> ColumnVector {
        if let known = columns.withLock({ $0.vectors[place] }) { return known }
        let vector = try load()
        keep(vector.byteCount) { $0.vectors[place] = vector }
        return vector
    }

    func codes(_ place: Place, _ load: () throws -> [UInt32]) rethrows -> [UInt32] {
        if let known = columns.withLock({ $0.codes[place] }) { return known }
        let codes = try load()
        keep(4 * codes.count) { $0.codes[place] = codes }
        return codes
    }

    func bitmaps(_ place: Place, _ load: () -> [Bitmap]) -> [Bitmap] {
        if let known = columns.withLock({ $0.bitmaps[place] }) { return known }
        let bitmaps = load()
        keep(bitmaps.reduce(0) { $0 + 8 * $1.words.count }) { $0.bitmaps[place] = bitmaps }
        return bitmaps
    }

    private func keep(_ bytes: Int, _ store: (inout sending Columns) -> Void) {
        guard kept.reserve(bytes) else { return }
        columns.withLock {
            store(&$0)
            $0.bytes += bytes
        }
    }

    /// Gives up everything; what a running query has taken out stays with it.
    func forget() {
        let bytes = columns.withLock { columns in
            let bytes = columns.bytes
            columns = Columns()
            return bytes
        }
        kept.release(bytes)
    }
}
