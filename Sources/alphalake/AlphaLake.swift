import ArgumentParser
import LakeCore

/// The command line: parses the arguments, runs a command, and turns what it throws into a message and an exit status.
struct AlphaLake: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alphalake",
        abstract: "A data lake for survey answers and instruction samples: import, slice by demographic, validate.",
        discussion: """
            A lake is a directory of tables; a table is a set of immutable shards. From survey files to a slice:

              alphalake init lake
              alphalake import survey lake waves/
              alphalake query lake "SELECT age, count(*) FROM responses GROUP BY age"

            `alphalake help VERB` explains a verb with examples. Results go to standard output, notes and progress to \
            standard error. Exit status: 0 done, 1 failed, 64 usage, 65 corrupt data, 66 missing, 74 input/output, \
            75 conflict (try again). ALPHALAKE_THREADS sets how many threads work.
            """,
        version: "alphalake \(alphaLakeVersion)",
        subcommands: [
            InitCommand.self, ImportCommand.self, GenerateCommand.self, BuildCommand.self, TablesCommand.self,
            SchemaCommand.self,
            ColumnCommand.self, DeriveCommand.self, QueryCommand.self, ExportCommand.self, CorrelateCommand.self,
            DeleteCommand.self, CompactCommand.self,
            InspectCommand.self,
            ValidateCommand.self, LogCommand.self, DiffCommand.self, TagCommand.self, RestoreCommand.self,
            VacuumCommand.self, PurgeCommand.self, RepairCommand.self, UpgradeCommand.self,
        ])

    /// Runs a command line.
    /// - Returns: the exit status.
    static func run(_ arguments: [String]) -> Int32 {
        let console = Console()
        do {
            try checkVerb(arguments)
            var command = try parseAsRoot(arguments)
            if let command = command as? any LakeCommand {
                try command.run(console)
            } else {
                try command.run()
            }
            try console.results.flush()
            return 0
        } catch is StandardStream.ReaderGone {
            return 0
        } catch let error as LakeError {
            report(error, console)
            return error.exitCode
        } catch let status as ExitCode {
            return status.rawValue
        } catch {
            return reportParsing(error, console)
        }
    }

    /// ArgumentParser takes a verb that there is not for an argument too many.
    private static func checkVerb(_ arguments: [String]) throws {
        let verbs = configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
        guard let verb = arguments.first, !verb.hasPrefix("-"), !verbs.contains(verb) else { return }
        let all = "the verbs are " + verbs.joined(separator: ", ")
        throw LakeError(.usage, "there is no verb '\(verb)'", hint: suggestion(for: verb, among: verbs) ?? all)
    }

    private static func report(_ error: LakeError, _ console: Console) {
        console.note(console.notes.red("error:") + " \(error)")
    }

    /// What ArgumentParser throws: requests for help, and usage errors.
    private static func reportParsing(_ error: any Error, _ console: Console) -> Int32 {
        let status = exitCode(for: error).rawValue
        let message = fullMessage(for: error)
        if status == 0 {
            try? console.results.write(message + "\n")
            try? console.results.flush()
            return 0
        }
        let prefix = "Error: "
        let rest = message.hasPrefix(prefix) ? String(message.dropFirst(prefix.count)) : message
        console.note(console.notes.red("error:") + " " + rest)
        return status
    }
}

/// A command of AlphaLake's; prints where it is told to.
protocol LakeCommand: ParsableCommand {
    func run(_ console: Console) throws
}

extension LakeCommand {
    func run() throws { try run(Console()) }
}
