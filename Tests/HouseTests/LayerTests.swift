import Foundation
import Testing

/// Imports go downward only, siblings never import each other, and what is not ours is imported where it belongs.
@Suite struct LayerTests {
    /// Room to layer, read from the line `// Layers, top to bottom: A > B, C > D.` of Package.swift.
    private static func layers() throws -> [String: Int] {
        let prefix = "// Layers, top to bottom: "
        let lines = try Repository.file("Package.swift").lines
        let line = try #require(lines.first { $0.hasPrefix(prefix) }, "Package.swift names the layers")
        let levels = line.dropFirst(prefix.count).trimmingCharacters(in: ["."]).components(separatedBy: " > ")
        var layers: [String: Int] = [:]
        for (level, rooms) in levels.reversed().enumerated() {
            for room in rooms.components(separatedBy: ", ") { layers[room] = level }
        }
        return layers
    }

    /// Modules that a room may import although they are none of ours. `*` stands for every room.
    private static let outside: [String: Set<String>] = [
        "*": ["FoundationEssentials", "Synchronization"],
        // System calls of the store: files, maps, locks, threads.
        "LakeBytes": ["Glibc", "Musl"],
        // A pause between attempts of a commit that lost the race.
        "LakeTable": ["Glibc"],
        // Memory that C's callers free, and error numbers.
        "LakeFFI": ["Glibc", "Musl"],
        "alphalake": ["Foundation", "Glibc", "Musl", "ArgumentParser"],
    ]

    /// Rooms and the dependencies that Package.swift declares for them.
    private static func declared() throws -> [String: Set<String>] {
        let text = try Repository.file("Package.swift").lines.joined(separator: "\n")
        var declared: [String: Set<String>] = [:]
        for room in text.matches(of: /room\(\s*"(\w+)",\s*\[([^\]]*)\]/) {
            declared[String(room.1)] = Set(room.2.matches(of: /"(\w+)"/).map { String($0.1) })
        }
        for tool in text.matches(of: /\.executableTarget\(\s*name:\s*"(\w+)",\s*dependencies:\s*\[([^\]]*)\]/) {
            declared[String(tool.1)] = Set(tool.2.matches(of: /"(\w+)"/).map { String($0.1) })
        }
        return declared
    }

    private static func imports(_ file: Repository.File) -> [(line: Int, module: String)] {
        let pattern = /^\s*(?:@\w+(?:\([^)]*\))?\s+|(?:public|package|internal|private|fileprivate)\s+)*import\s+(.+)$/
        let kinds: Set = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
        return file.code.enumerated().compactMap { index, line in
            guard let match = line.wholeMatch(of: pattern) else { return nil }
            let words = match.1.split(whereSeparator: { $0 == " " || $0 == "." }).map(String.init)
            return words.first { !kinds.contains($0) }.map { (index + 1, $0) }
        }
    }

    @Test func everyRoomHasALayer() throws {
        let layers = try Self.layers()
        let rooms = Set(try Repository.files(in: "Sources/").map(\.room)).subtracting(["CLibraries"])
        #expect(rooms == Set(layers.keys), "rooms under Sources and rooms in the layers of Package.swift")
        #expect(Set(try Self.declared().keys) == rooms, "rooms under Sources and targets of Package.swift")
    }

    @Test func declaredDependenciesGoDownward() throws {
        let layers = try Self.layers()
        for (room, dependencies) in try Self.declared() {
            let own = try #require(layers[room])
            for dependency in dependencies {
                if let layer = layers[dependency] {
                    #expect(layer < own, "Package.swift lets \(room) depend on \(dependency), which is not below it")
                }
            }
        }
    }

    @Test func importsGoDownward() throws {
        let layers = try Self.layers()
        let declared = try Self.declared()
        for file in try Repository.files(in: "Sources/") {
            let own = try #require(layers[file.room])
            let outside = (Self.outside["*"] ?? []).union(Self.outside[file.room] ?? [])
            for (line, module) in Self.imports(file) {
                if let layer = layers[module] {
                    #expect(layer < own, "\(file.path):\(line) imports \(module), which is not below \(file.room)")
                }
                #expect(
                    outside.contains(module) || declared[file.room]?.contains(module) == true,
                    "\(file.path):\(line) imports \(module), which \(file.room) may not")
            }
        }
    }

    @Test func oneRoomPerLibrary() throws {
        var users: [String: Set<String>] = [:]
        let libraries = Set(
            try Repository.paths().filter { $0.hasPrefix("Sources/CLibraries/") }.compactMap {
                $0.split(separator: "/").dropFirst(2).first.map(String.init)
            })
        for file in try Repository.files(in: "Sources/") {
            for (_, module) in Self.imports(file) where libraries.contains(module) {
                users[module, default: []].insert(file.room)
            }
        }
        for library in libraries.sorted() {
            #expect(users[library]?.count == 1, "\(library) is imported by \(users[library]?.sorted() ?? [])")
        }
    }
}
