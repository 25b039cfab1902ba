import Glibc
import LakeCore
import Synchronization

/// A directory as it was: equal to a later stamp of the same path only when no name has come or gone in between.
public struct DirectoryStamp: Sendable, Equatable {
    var device: UInt64
    var inode: UInt64
    /// When a name last came or went, in nanoseconds since 1970.
    var changed: Int64
}

extension Store {
    /// Nil: names have to be listed to know them.
    public func stamp(ofDirectory path: String) throws(LakeError) -> DirectoryStamp? { nil }
}

extension LocalStore {
    /// A directory may change twice within one tick of its file system's clock, and only the first change shows. The
    /// coarsest clock of the file systems below ticks by the second.
    private static let tick: Int64 = 2_000_000_000

    /// File systems whose directories show at once what other processes did to them.
    private static let prompt: Set<String> = ["ext2", "ext3", "ext4", "xfs", "btrfs", "tmpfs", "f2fs", "overlay"]
    /// By device number whether it holds one of those, which takes longer to find out than all the rest.
    private static let devices = Mutex<[dev_t: Bool]>([:])

    public func stamp(ofDirectory path: String) throws(LakeError) -> DirectoryStamp? {
        var (status, now) = (stat(), timespec())
        // What is wrong with the directory is said by the call that lists it.
        guard stat(path, &status) == 0, LocalStore.isPrompt(status.st_dev) else { return nil }
        clock_gettime(CLOCK_REALTIME, &now)
        let changed = LocalStore.nanoseconds(status.st_ctim)
        guard LocalStore.nanoseconds(now) - changed > LocalStore.tick else { return nil }
        return DirectoryStamp(device: UInt64(status.st_dev), inode: UInt64(status.st_ino), changed: changed)
    }

    private static func isPrompt(_ device: dev_t) -> Bool {
        devices.withLock { devices in
            if let known = devices[device] { return known }
            let isPrompt = fileSystem(of: device).map { prompt.contains($0) } ?? false
            devices[device] = isPrompt
            return isPrompt
        }
    }

    private static func nanoseconds(_ time: timespec) -> Int64 {
        Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}
