import CKernels
import LakeCore

/// Hashes of row numbers: those of a sample are the smallest.
public struct RowHashes: Sendable {
    private let key: UInt64

    /// - Parameter seed: rows hash differently under another.
    public init(seed: UInt64) { key = SplitMix64.mixed(seed &+ SplitMix64.step) }

    public func hash(_ row: Int) -> UInt64 { SplitMix64.mixed(start(row)) }

    private func start(_ row: Int) -> UInt64 { key &+ (UInt64(row) &+ 1) &* SplitMix64.step }

    /// The rows of a range whose hashes are at most `limit`, as places in it, ascending, with the hashes.
    public func rows(_ rows: Range<Int>, upTo limit: UInt64) -> (places: [UInt32], hashes: [UInt64]) {
        found(rows, codes: nil, limits: [limit])
    }

    /// The rows of a range whose hashes are at most the limit of their code.
    /// - Parameter codes: one for each row.
    /// - Throws: `LakeError` (failed) for a row without a code, or a code past the end of `limits`.
    public func rows(
        _ rows: Range<Int>, codes: [UInt32], limits: [UInt64]
    ) throws(LakeError) -> (places: [UInt32], hashes: [UInt64]) {
        let highest = Aggregation.maximum(codes).map { Int($0) } ?? -1
        guard codes.count == rows.count, highest < min(limits.count, 1 << 31) else {
            throw LakeError(
                .failed, "\(codes.count) codes up to \(highest) for \(rows.count) rows and \(limits.count) limits")
        }
        return found(rows, codes: codes, limits: limits)
    }

    private func found(
        _ rows: Range<Int>, codes: [UInt32]?, limits: [UInt64]
    ) -> (places: [UInt32], hashes: [UInt64]) {
        var places: [UInt32] = []
        let hashes = [UInt64](unsafeUninitializedCapacity: rows.count) { hashes, found in
            places = [UInt32](unsafeUninitializedCapacity: rows.count) { places, count in
                func hash(_ codes: UnsafePointer<UInt32>?) -> Int {
                    ck_hash_rows(
                        start(rows.lowerBound), SplitMix64.step, rows.count, codes, limits, places.baseAddress,
                        hashes.baseAddress)
                }
                count = rows.isEmpty ? 0 : codes?.withUnsafeBufferPointer { hash($0.baseAddress) } ?? hash(nil)
                found = count
            }
        }
        return (places, hashes)
    }
}
