import ArgumentParser
import LakeBytes

/// `--memory`: what a query may hold of its data before it writes temporary files.
struct MemoryOptions: ParsableArguments {
    @Option(
        name: .customLong("memory"),
        help: ArgumentHelp(
            "Memory for sorting, grouping and rows on their way, as in 512M or 2G (default: 1G).", valueName: "size"),
        transform: MemoryOptions.bytes)
    var limit: Int = MemoryBudget.standard

    /// A number of bytes, with K, M, G or T for powers of 1024.
    /// - Throws: `ValidationError` for what is none.
    static func bytes(_ text: String) throws -> Int {
        let units: [Character: Int] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40]
        var digits = text.uppercased()
        for ending in ["IB", "B"] where digits.hasSuffix(ending) { digits.removeLast(ending.count) }
        let unit = digits.last.flatMap { units[$0] }
        if unit != nil { digits.removeLast() }
        guard let number = Double(digits), number >= 0, number * Double(unit ?? 1) < 1e18 else {
            throw ValidationError("'\(text)' is no size; write bytes, or a number with K, M, G or T: 512M")
        }
        return Int(number * Double(unit ?? 1))
    }
}
