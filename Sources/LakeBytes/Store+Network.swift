import Glibc
import LakeCore

extension LocalStore {
    public func checkWritable(_ path: String) throws(LakeError) {
        var status = stat()
        guard stat(path, &status) == 0 else { throw systemFailure("stat", path, errno) }
        // Without /proc, or where its device numbers differ (btrfs), the file system is taken for a local one; link()
        // itself still refuses those that have no hard links.
        guard let name = LocalStore.fileSystem(of: status.st_dev), LocalStore.isNetwork(name) else { return }
        throw LakeError(
            .io, "this is on a network file system (\(name)), where two writers could both believe to have won",
            at: .init(file: path),
            hint: "reading works here; write to a local Linux file system (ext4, xfs, btrfs, tmpfs) and copy the lake")
    }

    /// The name of the file system on a device, as in /proc/filesystems; nil where the system does not tell.
    static func fileSystem(of device: dev_t) -> String? {
        LakeBytes.fileSystem(of: device, readAll("/proc/self/mountinfo"))
    }

    /// Whether a file system of this name (as in /proc/filesystems) is shared between machines.
    static func isNetwork(_ name: String) -> Bool {
        let names: Set = [
            "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "lustre", "afs", "ocfs2", "gfs2", "beegfs", "gpfs",
            "glusterfs",
            "fuse.glusterfs", "fuse.sshfs", "fuse.s3fs", "fuse.gcsfuse", "fuse.rclone", "fuse.ceph", "fuse.juicefs",
        ]
        return names.contains(name)
    }
}

/// The file system's name in the line of `mounts` (proc(5), mountinfo) that has the device number.
func fileSystem(of device: dev_t, _ mounts: String) -> String? {
    let major = (device >> 8) & 0xFFF | (device >> 32) & ~0xFFF
    let minor = device & 0xFF | (device >> 12) & 0xFFFF_FF00
    let wanted = "\(major):\(minor)"
    for line in mounts.split(separator: "\n") {
        let words = line.split(separator: " ")
        guard words.count > 2, words[2] == wanted, let dash = words.firstIndex(of: "-"), dash + 1 < words.count else {
            continue
        }
        return String(words[dash + 1])
    }
    return nil
}

/// A file whose size the kernel does not tell beforehand; what can be read of it.
private func readAll(_ path: String) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    while bytes.count < 1 << 22 {
        let piece = [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
            count = max(0, retrying { read(descriptor, buffer.baseAddress, buffer.count) }.result)
        }
        if piece.isEmpty { break }
        bytes += piece
    }
    return String(decoding: bytes, as: UTF8.self)
}
