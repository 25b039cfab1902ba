import Foundation
import Testing

/// The built program, run as a person would run it.
enum Program {
    struct Outcome {
        var status: Int32
        var output: String
        var notes: String

        /// The lines of standard output.
        var lines: [String] { output.split(separator: "\n").map(String.init) }
    }

    /// `ALPHALAKE_BINARY`, else the program beside the tests' own.
    static let path: String = {
        if let path = ProcessInfo.processInfo.environment["ALPHALAKE_BINARY"] { return path }
        let arguments = CommandLine.arguments
        let bundle = arguments.firstIndex(of: "--test-bundle-path").map { arguments[$0 + 1] } ?? arguments[0]
        var directory = URL(fileURLWithPath: bundle).deletingLastPathComponent()
        while directory.path != "/" {
            let candidate = directory.appendingPathComponent("alphalake").path
            if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
            directory.deleteLastPathComponent()
        }
        return "alphalake"
    }()

    /// Runs `alphalake` with arguments; `input` becomes its standard input.
    static func run(_ arguments: [String], input: Data = Data()) throws -> Outcome {
        try start(path, arguments, input: input)
    }

    static func run(_ arguments: String..., input: String = "") throws -> Outcome {
        try run(arguments, input: Data(input.utf8))
    }

    /// Runs a shell script in which `$A` is the program.
    static func shell(_ script: String) throws -> Outcome {
        try start("/bin/bash", ["-c", "A='\(path)'\n" + script], input: Data())
    }

    private static func start(_ program: String, _ arguments: [String], input: Data) throws -> Outcome {
        let directory = try Scratch()
        let files = ["in", "out", "err"].map { directory.path($0) }
        try input.write(to: URL(fileURLWithPath: files[0]))
        for file in files.dropFirst() { try Data().write(to: URL(fileURLWithPath: file)) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardInput = FileHandle(forReadingAtPath: files[0])
        process.standardOutput = FileHandle(forWritingAtPath: files[1])
        process.standardError = FileHandle(forWritingAtPath: files[2])
        try process.run()
        process.waitUntilExit()
        // A signal is told apart from every exit status.
        let status = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
        return Outcome(
            status: status, output: try String(contentsOfFile: files[1], encoding: .utf8),
            notes: try String(contentsOfFile: files[2], encoding: .utf8))
    }
}

/// A directory of its own, removed with the object.
final class Scratch {
    let root: String

    init() throws {
        root = NSTemporaryDirectory() + "alphalake-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    func path(_ name: String) -> String { root + "/" + name }

    func write(_ name: String, _ text: String) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path(name)))
        return path(name)
    }

    /// A lake in which `name` holds the JSONL rows of `text`.
    func lake(_ name: String, jsonl text: String) throws -> String {
        let lake = path("lake")
        #expect(try Program.run("init", lake).status == 0)
        let outcome = try Program.run("import", "table", lake, name, "-", input: text)
        #expect(outcome.status == 0, "\(outcome.notes)")
        #expect(outcome.output.isEmpty)
        return lake
    }
}
