import Foundation
import Testing

/// What may be committed: text, and golden files of a few hundred kilobytes.
@Suite struct CommittedFileTests {
    private static let mostBytes = 1 << 20

    /// Survey files and tables have owners; tests make their own or find them outside the repository.
    @Test func noDataIsCommitted() throws {
        let endings = [".sav", ".zsav", ".por", ".parquet", ".arrow", ".feather", ".dta", ".db", ".duckdb", ".lance"]
        for path in try Repository.paths() {
            #expect(!endings.contains { path.lowercased().hasSuffix($0) }, "\(path) is data and does not belong here")
            let file = Repository.root.appending(path: path)
            let size = try file.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
            #expect(size <= Self.mostBytes, "\(path) has \(size) bytes, at most \(Self.mostBytes) are allowed")
        }
    }

    /// Nothing depends on how one machine is laid out.
    @Test func noPathsOfAMachine() throws {
        // Put together, so that this file holds none of them.
        let folders = ["home", "root", "work", "Users"].map { "/" + $0 + "/" }
        let binary = [".shard", ".bin", ".png"]
        for path in try Repository.paths() where !binary.contains(where: { path.hasSuffix($0) }) {
            let data = try Data(contentsOf: Repository.root.appending(path: path))
            for (index, line) in String(decoding: data, as: UTF8.self).components(separatedBy: "\n").enumerated() {
                for folder in folders {
                    var rest = line[...]
                    while let found = rest.range(of: folder) {
                        let before = rest[..<found.lowerBound].last
                        let isPath = before.map { !$0.isLetter && !$0.isNumber && !"._-~}/".contains($0) } ?? true
                        #expect(!isPath, "\(path):\(index + 1) holds the path of a machine: \(folder)")
                        rest = rest[found.upperBound...]
                    }
                }
            }
        }
    }

    @Test func linksLeadSomewhere() throws {
        for file in try Repository.files(in: "", [".md"]) {
            let folder = Repository.root.appending(path: file.path).deletingLastPathComponent()
            for (index, line) in file.lines.enumerated() {
                for link in line.matches(of: /\]\(([^):#]+)\)/) {
                    let target = folder.appending(path: String(link.1)).path
                    #expect(
                        FileManager.default.fileExists(atPath: target),
                        "\(file.path):\(index + 1) links to \(link.1), which is not there")
                }
            }
        }
    }

    @Test func toolsCanBeRun() throws {
        for path in ["Tools/demo", "Tools/test", "Tools/install", "Tools/bench", ".ci/run"] {
            let file = Repository.root.appending(path: path).path
            #expect(FileManager.default.isExecutableFile(atPath: file), "\(path) is not executable")
            #expect(try Repository.run(["bash", "-n", path]).status == 0, "\(path) is no sound bash script")
        }
    }
}
