import Glibc
import LakeCore

/// The `LakeError` for a call to the operating system that failed with `number` (an `errno`).
func systemFailure(_ call: String, _ path: String, _ number: Int32) -> LakeError {
    let reason = String(cString: strerror(number))
    let code: LakeError.Code =
        switch number {
        case ENOENT, ENOTDIR: .missing
        case EEXIST: .conflict
        default: .io
        }
    return LakeError(code, "\(call) failed: \(reason)", at: .init(file: path), hint: hint(for: number))
}

private func hint(for number: Int32) -> String? {
    switch number {
    case ENOSPC:
        "the disk is full; free some space and run the command again (the last committed version is intact)"
    case EDQUOT:
        "the disk quota is used up; free some space and run the command again (the last committed version is intact)"
    case EACCES, EPERM:
        "check the owner and the permissions of this path and of the directories above it"
    case EROFS:
        "the file system is mounted read-only: reading works, writing needs a writable copy"
    case EMFILE, ENFILE:
        "too many files are open; raise the limit with 'ulimit -n' and try again"
    case ENOENT, ENOTDIR:
        "check the path"
    case EEXIST:
        "something of that name exists already"
    case EOPNOTSUPP, EXDEV, ENOSYS, EMLINK:
        "writing needs a local Linux file system (ext4, xfs, btrfs, tmpfs) that has hard links"
    case EIO:
        "the device reported an error; check the system log before trusting this disk"
    case EISDIR:
        "this is a directory, a file was expected"
    case ENAMETOOLONG:
        "shorten the path"
    case EFBIG:
        "raise the file size limit with 'ulimit -f' or use a file system that allows larger files"
    case ENOMEM:
        "the system is out of memory or address space"
    default:
        nil
    }
}

/// Calls `body` again for as long as a signal interrupts it; the result, and `errno` when that is negative.
func retrying(_ body: () -> Int) -> (result: Int, number: Int32) {
    while true {
        let result = body()
        if result >= 0 { return (result, 0) }
        let number = errno
        if number != EINTR { return (result, number) }
    }
}
