import ArgumentParser
import Glibc
import LakeBytes
import LakeCore

// A reader that goes away, such as `head`, shows as a failed write instead of ending the process midway.
signal(SIGPIPE, SIG_IGN)
// A file beyond the limit of ulimit -f is an error of the call that writes it.
signal(SIGXFSZ, SIG_IGN)
FreedMemory.keep()
exit(AlphaLake.run(Array(CommandLine.arguments.dropFirst())))
