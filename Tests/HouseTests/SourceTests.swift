import Foundation
import Testing

/// Rules for the text of sources that the compiler does not know.
@Suite struct SourceTests {
    private static let endings = [".swift", ".c", ".cpp", ".h", ".hpp", ".py"]
    private static let mostLines = 400

    @Test func filesAreShort() throws {
        for folder in ["Sources/", "Tests/", "Tools/"] {
            for file in try Repository.files(in: folder, Self.endings) {
                let count = file.lines.count - (file.lines.last == "" ? 1 : 0)
                #expect(
                    count <= Self.mostLines, "\(file.path) has \(count) lines, at most \(Self.mostLines) are allowed")
            }
        }
    }

    @Test func nothingIsLeftForLater() throws {
        // Put together, so that this file holds none of the words.
        let words = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]
        for folder in ["Sources/", "Tests/", "Tools/"] {
            for file in try Repository.files(in: folder, Self.endings) {
                for (index, line) in file.lines.enumerated() {
                    let found = line.split { !$0.isLetter }.first { words.contains(String($0)) }
                    #expect(found == nil, "\(file.path):\(index + 1) says \(found ?? "")")
                }
            }
        }
    }

    /// Bytes from disk and users end in a `LakeError`, never in a trap.
    @Test func nothingTraps() throws {
        let pattern = /\bfatalError\b|\bpreconditionFailure\b|\btry!|\bas!|\babort\(\)/
        for file in try Repository.files(in: "Sources/") {
            for (index, line) in file.code.enumerated() where line.contains(pattern) {
                Issue.record("\(file.path):\(index + 1) can trap: \(line)")
            }
        }
    }

    /// Only the command line talks to people and ends the process.
    @Test func librariesNeitherPrintNorExit() throws {
        let pattern = /(^|[^.\w])(print|debugPrint|dump|exit|_exit)\(|\bfputs\(|\bprintf\(/
        for file in try Repository.files(in: "Sources/") where file.room != "alphalake" {
            for (index, line) in file.code.enumerated() where line.contains(pattern) {
                Issue.record("\(file.path):\(index + 1) prints or exits: \(line)")
            }
        }
    }

    @Test func publicTypesAreDocumented() throws {
        let pattern =
            /^\s*(?:@\w+(?:\([^)]*\))? )*(?:public|open) (?:final |indirect )*(?:struct|class|enum|protocol|actor|typealias) (\w+)/
        for file in try Repository.files(in: "Sources/") {
            for (index, line) in file.lines.enumerated() {
                guard let type = line.firstMatch(of: pattern) else { continue }
                let above = file.lines[..<index].last { !$0.trimmingCharacters(in: .whitespaces).hasPrefix("@") } ?? ""
                #expect(
                    above.trimmingCharacters(in: .whitespaces).hasPrefix("///"),
                    "\(file.path):\(index + 1) \(type.1) is public and has no documentation")
            }
        }
    }

    @Test func testsMirrorRooms() throws {
        let rooms = Set(try Repository.files(in: "Sources/").map(\.room)).subtracting(["CLibraries", "alphalake"])
        let tested = Set(try Repository.files(in: "Tests/").map(\.room))
        for room in rooms { #expect(tested.contains(room + "Tests"), "\(room) has no tests") }
        #expect(tested.contains("CommandLineTests"), "the command line has no tests")
    }

    /// The formatter of the toolchain has nothing to say.
    @Test(.enabled(if: FormatTool.isInstalled, "`swift format` cannot be run: `swift` is not on the PATH"))
    func formattingIsClean() throws {
        let swift = ["Sources", "Tests", "Package.swift"]
        let lint = try Repository.run(["swift", "format", "lint", "--strict", "--parallel", "--recursive"] + swift)
        #expect(lint.status == 0, "\(lint.output.split(separator: "\n").prefix(20).joined(separator: "\n"))")
    }
}

private enum FormatTool {
    static let isInstalled: Bool = {
        guard let version = try? Repository.run(["swift", "format", "--version"]) else { return false }
        return version.status == 0
    }()
}
