import LakeCore

extension ShardAnatomy {
    /// Prints it: as a table with a headline and bars, or as rows of figures in bytes.
    /// - Parameter shard: the number of the one shard that was added, where it is one.
    func print(
        _ table: String, shard: Int?, shards: Int, _ format: OutputFormat, to stream: StandardStream
    ) throws {
        guard format == .table else { return try printFigures(table, shard: shard, format, to: stream) }
        let title = table + (shard.map { ", shard \($0)" } ?? "")
        try stream.write(stream.bold(title) + ": \(headline(shards: shards))\n\n")
        guard rows > 0 else { return try stream.flush() }
        var report = ReportTable([
            OutputColumn("stored", .utf8), OutputColumn("column", .utf8), OutputColumn("type", .utf8),
            OutputColumn("encoding", .utf8), OutputColumn("chunks", .utf8, alignment: .right),
            OutputColumn("data", .utf8, alignment: .right), OutputColumn("dictionary", .utf8, alignment: .right),
            OutputColumn("index", .utf8, alignment: .right), OutputColumn("bytes", .utf8, alignment: .right),
            OutputColumn("bytes/row", .utf8, alignment: .right), OutputColumn("share", .utf8),
        ])
        let largest = listed.map(\.sizes.bytes).max() ?? 1
        var shown: String?
        for (part, sizes) in listed {
            let domain = part == ShardAnatomy.frame ? "per file" : part.group.isEmpty ? "per row" : "per \(part.group)"
            report.append([
                .text(domain == shown ? "" : domain), .text(part.column), .text(sizes.type),
                .text(encodings(sizes)), .text(sizes.chunks == 0 ? "" : Quantities.count(sizes.chunks)),
                .text(amount(sizes.data)), .text(amount(sizes.dictionary)), .text(amount(sizes.index)),
                .text(amount(sizes.bytes)), .text(perRow(sizes.bytes)), .text(bar(sizes.bytes, largest: largest)),
            ])
            shown = domain
        }
        try report.print(.table, to: stream)
    }

    private func headline(shards: Int) -> String {
        let keys = self.keys.sorted { $0.key < $1.key }.map { "\(Quantities.count($0.value)) \($0.key) keys" }
        var parts = [Quantities.count(rows, "row"), Quantities.count(shards, "shard"), Quantities.bytes(bytes)]
        if rows > 0 { parts.append("\(perRow(bytes)) bytes per row") }
        return (parts + keys).joined(separator: ", ")
    }

    /// The commonest way of encoding, and how many others there are.
    private func encodings(_ sizes: Sizes) -> String {
        let sorted = sizes.encodings.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        guard let first = sorted.first else { return "" }
        return first.key + (sorted.count > 1 ? " +\(sorted.count - 1)" : "")
    }

    private func amount(_ bytes: Int) -> String { bytes == 0 ? "" : Quantities.bytes(bytes) }

    private func perRow(_ bytes: Int) -> String {
        let value = Double(bytes) / Double(max(rows, 1))
        return Quantities.fixed(value, value < 0.0995 ? 4 : value < 9.995 ? 3 : 1)
    }

    /// A bar as long as the part's share of the largest, with the percentage of the whole.
    private func bar(_ part: Int, largest: Int) -> String {
        let eighths = Int((Double(part) / Double(max(largest, 1)) * 12 * 8).rounded())
        let blocks = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
        let filled = String(repeating: "█", count: eighths / 8) + blocks[eighths % 8]
        let percent = Quantities.fixed(Double(part) / Double(max(bytes, 1)) * 100, 1)
        return String(repeating: " ", count: max(0, 4 - percent.count)) + percent + "% " + filled
    }

    private func printFigures(_ table: String, shard: Int?, _ format: OutputFormat, to stream: StandardStream) throws {
        var report = ReportTable([
            OutputColumn("table", .utf8), OutputColumn("shard", .int64), OutputColumn("key_group", .utf8),
            OutputColumn("column", .utf8),
            OutputColumn("type", .utf8), OutputColumn("encodings", .utf8), OutputColumn("chunks", .int64),
            OutputColumn("values", .int64), OutputColumn("data_bytes", .int64),
            OutputColumn("dictionary_bytes", .int64), OutputColumn("directory_bytes", .int64),
            OutputColumn("index_bytes", .int64), OutputColumn("bytes", .int64), OutputColumn("rows", .int64),
            OutputColumn("bytes_per_row", .float64),
        ])
        for (part, sizes) in listed {
            let encodings = sizes.encodings.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
            report.append([
                .text(table), .integer(shard), .text(part.group.isEmpty ? nil : part.group), .text(part.column),
                .text(sizes.type),
                .text(encodings.joined(separator: ", ")), .integer(sizes.chunks), .integer(sizes.values),
                .integer(sizes.data), .integer(sizes.dictionary), .integer(sizes.directory), .integer(sizes.index),
                .integer(sizes.bytes), .integer(rows), .float(Double(sizes.bytes) / Double(max(rows, 1))),
            ])
        }
        try report.print(format, to: stream)
    }
}
