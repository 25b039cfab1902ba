import ArgumentParser
import Glibc
import LakeBytes
import LakeCore

// A reader that goes away, such as `head`, shows as a failed write instead of ending the process midway.
signal(SIGPIPE, SIG_IGN)
// A file beyond the limit of ulimit -f is an error of the call that writes it.
signal(SIGXFSZ, SIG_IGN)
// New files are locked until a version lists them, however many a command writes.
var openFiles = rlimit()
if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &openFiles) == 0 {
    openFiles.rlim_cur = openFiles.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &openFiles)
}
FreedMemory.keep()
exit(AlphaLake.run(Array(CommandLine.arguments.dropFirst())))
