import ArgumentParser
import Glibc
import LakeBytes
import LakeCore

// A reader that goes away, such as `head`, shows as a failed write instead of ending the process midway.
signal(SIGPIPE, SIG_IGN)
FreedMemory.keep()
exit(AlphaLake.run(Array(CommandLine.arguments.dropFirst())))
