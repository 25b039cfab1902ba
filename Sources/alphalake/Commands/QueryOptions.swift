import ArgumentParser
import LakeBytes
import LakeCore
import LakeQuery

/// `--memory`: what a query may hold of its data before it writes temporary files.
struct MemoryOptions: ParsableArguments {
    @Option(
        name: .customLong("memory"), parsing: .unconditional,
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
            throw ValidationError("it must be bytes, or a number with K, M, G or T, as in --memory 512M")
        }
        let bytes = Int(number * Double(unit ?? 1))
        guard bytes >= MemoryBudget.minimum else {
            throw ValidationError("queries need \(MemoryBudget.minimum >> 20)M at least, as in --memory 512M")
        }
        return bytes
    }
}

/// `--sample`, `--sample-per`, `--sample-seed`: a sample of the rows that pass WHERE.
struct SampleOptions: ParsableArguments {
    @Option(
        name: .customLong("sample"), parsing: .unconditional,
        help: ArgumentHelp(
            "Ask so many rows of those that pass WHERE, the same ones every time.", valueName: "rows"),
        transform: WholeNumber.within(1...Int.max, as: "--sample 1000"))
    var rows: Int?

    @Option(
        name: .customLong("sample-per"),
        help: ArgumentHelp("Columns, as in age,sex: so many rows of each combination.", valueName: "columns"))
    var per: String?

    @Option(
        name: .customLong("sample-seed"), parsing: .unconditional,
        help: ArgumentHelp("Another number draws another sample (default: 0).", valueName: "seed"),
        transform: WholeNumber.any(as: "--sample-seed 7"))
    var seed: Int64?

    func validate() throws {
        if rows == nil, per != nil || seed != nil {
            throw ValidationError("--sample-per and --sample-seed go with --sample ROWS")
        }
        if let per, per.split(separator: ",", omittingEmptySubsequences: false).contains("") {
            throw ValidationError("--sample-per takes columns with commas between them, as in age,sex")
        }
    }

    /// - Throws: `LakeError` (usage) when there are no rows to be drawn.
    func clause() throws -> SampleClause? {
        try rows.map { rows in
            try SampleClause(rows: rows, per: per?.split(separator: ",").map(String.init) ?? [], seed: seed ?? 0)
        }
    }
}
