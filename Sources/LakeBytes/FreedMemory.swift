import CKernels

/// What a program that scans a lot may want of the C library's memory.
public enum FreedMemory {
    /// Keeps up to some 64 MiB of freed memory for the next use instead of giving it back to the system, which costs a scan a
    /// quarter of its time in page faults. For programs to decide, so no library calls it.
    public static func keep() { ck_keep_freed_memory() }
}
