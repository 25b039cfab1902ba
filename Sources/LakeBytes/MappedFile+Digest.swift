import Glibc
import LakeCore

extension MappedFile {
    /// Bytes that are asked for at once: enough that the calls do not count, few enough to be still in the cache when they
    /// are summed.
    private static let pieceBytes = 1 << 20
    /// Bytes that are fetched ahead.
    private static let aheadBytes = 8 << 20
    /// Linux's MADV_POPULATE_READ (since 5.14), which makes pages present in one call and fails where touching them would end
    /// the process.
    private static let populate: Int32 = 22

    /// The digest of all bytes, read once from front to back at the speed of the disk.
    /// - Parameter advance: told of bytes that are done.
    /// - Throws: `LakeError` (io) when the device cannot read some of them.
    public func digest(_ advance: (_ bytes: Int) -> Void = { _ in }) throws(LakeError) -> Digest {
        let digest = FileDigest()
        for start in stride(from: 0, to: count, by: MappedFile.pieceBytes) {
            let length = min(MappedFile.pieceBytes, count - start)
            if start % MappedFile.aheadBytes == 0 { advise(MADV_WILLNEED, start, 2 * MappedFile.aheadBytes) }
            let number = advise(MappedFile.populate, start, length)
            guard number == 0 || number == EINVAL || number == ENOSYS else {
                throw LakeError(
                    .io, "reading failed: \(String(cString: strerror(number)))",
                    at: .init(file: path, offset: UInt64(start)),
                    hint: "the device reported an error; check the system log before trusting this disk")
            }
            digest.update(try view.slice(offset: start, count: length))
            advance(length)
        }
        return digest.digest
    }

    /// Tells the system what is going to be read.
    /// - Returns: 0 or the system's error.
    @discardableResult
    private func advise(_ advice: Int32, _ start: Int, _ length: Int) -> Int32 {
        let length = min(length, count - start)
        guard length > 0 else { return 0 }
        return withAddress { base in
            madvise(UnsafeMutableRawPointer(mutating: base + start), length, advice) == 0 ? 0 : errno
        }
    }
}
