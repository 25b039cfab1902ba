import Foundation

/// The repository that the tests were compiled from, as files and lines.
enum Repository {
    /// A text file, with its path from the repository's root.
    struct File {
        var path: String
        var lines: [String]

        var name: String { String(path.split(separator: "/").last ?? "") }

        /// `Sources/ROOM/...`, `Tests/ROOM/...`: the second part of the path.
        var room: String { String(path.split(separator: "/").dropFirst().first ?? "") }

        /// The lines without line comments, for rules about code.
        var code: [String] { lines.map(Repository.withoutComment) }
    }

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Paths of all files that are or could be committed.
    ///
    /// From git where there is a git repository; else every file that does not lie in a hidden or ignored folder.
    static func paths() throws -> [String] {
        if FileManager.default.fileExists(atPath: root.appending(path: ".git").path),
            let list = try? run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]),
            list.status == 0
        {
            // A file that was removed but is not yet committed is listed still.
            return list.output.split(separator: "\0").map(String.init)
                .filter { FileManager.default.fileExists(atPath: root.appending(path: $0).path) }
        }
        var paths: [String] = []
        let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: [.isRegularFileKey])
        while let file = files?.nextObject() as? URL {
            if file.lastPathComponent.hasPrefix(".build") || [".git", ".venv"].contains(file.lastPathComponent) {
                files?.skipDescendants()
            } else if try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true {
                paths.append(String(file.path.dropFirst(root.path.count)).trimmingPrefix("/").description)
            }
        }
        return paths.sorted()
    }

    /// The text files below `folder` whose names end in one of `endings`.
    static func files(in folder: String, _ endings: [String] = [".swift"]) throws -> [File] {
        try paths().filter { path in
            path.hasPrefix(folder) && endings.contains { path.hasSuffix($0) }
        }.map(file)
    }

    static func file(_ path: String) throws -> File {
        let text = try String(contentsOf: root.appending(path: path), encoding: .utf8)
        return File(path: path, lines: text.components(separatedBy: "\n"))
    }

    /// Runs a command in the repository's root.
    /// - Returns: the exit status and what it printed on both streams.
    static func run(_ command: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        process.currentDirectoryURL = root
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    /// The line up to a `//` that begins it or follows a space.
    private static func withoutComment(_ line: String) -> String {
        var previous: Character = " "
        for index in line.indices {
            if previous == " ", line[index...].hasPrefix("//") { return String(line[..<index]) }
            previous = line[index]
        }
        return line
    }
}
