import ArgumentParser
import Glibc
import LakeCore

// A reader that goes away, such as `head`, shows as a failed write instead of ending the process midway.
signal(SIGPIPE, SIG_IGN)
exit(AlphaLake.run(Array(CommandLine.arguments.dropFirst())))
