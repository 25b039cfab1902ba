import ArgumentParser
import LakeCore
import LakeTable

struct InitCommand: LakeCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make an empty lake.",
        discussion: """
            LAKE is a directory that is empty or does not exist yet.

              alphalake init lake
            """)

    @Argument(help: "The directory to make.")
    var lake: String

    func run(_ console: Console) throws {
        let address = try LakeAddress(parsing: lake)
        if address.selector != .newest {
            throw LakeError(
                .usage, "'\(lake)' names a version of the lake '\(address.path)'",
                hint: "leave '@\(address.selector)' away, or make the directory first if it is to be called so")
        }
        let made = try Lake.create(at: lake)
        console.note(
            "made an empty lake in \(made.path); fill it with `alphalake import survey \(made.path) PATH...` or "
                + "`alphalake import table \(made.path) NAME FILE...`")
    }
}
