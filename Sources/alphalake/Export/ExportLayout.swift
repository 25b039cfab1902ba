import ArgumentParser
import LakeCore
import LakeQuery

/// How the columns of a query become the fields of an exported row.
enum ExportLayout: String, CaseIterable {
    /// A field for every column.
    case rows
    /// `{"prompt": ..., "completion": ...}`
    case prompt
    /// `{"messages": [{"role": ..., "content": ...}, ...]}`
    case chat

    /// - Throws: `ValidationError` for other names.
    static func parse(_ text: String) throws -> ExportLayout {
        if let layout = ExportLayout(rawValue: text.lowercased()) { return layout }
        throw ValidationError("layouts are " + allCases.map(\.rawValue).joined(separator: ", "))
    }

    /// What every file begins with, and the encoder of its rows.
    /// - Parameter system: what the model is told before the prompt; nil for nothing. Of `chat` only.
    /// - Throws: `LakeError` (usage) when the layout needs columns that there are not, or cannot be written as CSV.
    func encoder(
        _ columns: [ResultColumn], _ form: ExportForm, system: String?
    ) throws -> (header: [UInt8], rows: RowEncoder) {
        var pair: [Int] = []
        if self != .rows { pair = [try text("prompt", in: columns), try text("response", in: columns)] }
        if self == .chat, form == .csv {
            throw LakeError(
                .usage, "the layout chat has lists of messages, which CSV cannot hold",
                hint: "write --to FILE.jsonl, or --layout prompt")
        }
        let others = columns.indices.filter { !pair.contains($0) }
        let leading = self == .chat ? ["messages"] : self == .prompt ? ["prompt", "completion"] : []
        let names = ExportLayout.distinct(leading + others.map { columns[$0].name })
        // Chat has one field for both.
        let order = self == .chat ? others : pair + others
        var fields: [(name: String, column: Int)] = []
        for (name, column) in zip(names.suffix(order.count), order) { fields.append((name, column)) }
        if form == .csv { return ExportLayout.csv(fields, columns, required: pair) }
        var pieces: [RowEncoder.Piece] = []
        let strings = JSONStrings()
        var before = Array("{".utf8)
        if self == .chat {
            before += Array("\"messages\":[".utf8)
            if let system {
                before += Array("{\"role\":\"system\",\"content\":".utf8) + strings.literal(system) + Array("},".utf8)
            }
            for (role, column) in zip(["user", "assistant"], pair) {
                before += Array("{\"role\":\"\(role)\",\"content\":".utf8)
                pieces.append(RowEncoder.Piece(before: before, column: column, type: columns[column].type))
                before = Array((role == "user" ? "}," : "}]").utf8)
            }
        }
        for (name, column) in fields {
            if !pieces.isEmpty { before.append(UInt8(ascii: ",")) }
            before += strings.literal(name) + [UInt8(ascii: ":")]
            pieces.append(RowEncoder.Piece(before: before, column: column, type: columns[column].type))
            before = []
        }
        before.append(UInt8(ascii: "}"))
        if form == .json {
            let rows = RowEncoder(
                .json, pieces, first: [0x0A], separator: Array(",\n".utf8), end: before, required: pair)
            return ([UInt8(ascii: "[")], rows)
        }
        return ([], RowEncoder(.json, pieces, end: before + [0x0A], required: pair))
    }

    private static func csv(
        _ fields: [(name: String, column: Int)], _ columns: [ResultColumn], required: [Int]
    ) -> (header: [UInt8], rows: RowEncoder) {
        var header: [UInt8] = []
        var pieces: [RowEncoder.Piece] = []
        for (name, column) in fields {
            let comma = pieces.isEmpty ? [] : [UInt8(ascii: ",")]
            let bytes = Array(name.utf8)
            header += comma
            CSVFields.append(bytes, 0..<bytes.count, to: &header)
            pieces.append(RowEncoder.Piece(before: comma, column: column, type: columns[column].type))
        }
        let end = [UInt8(ascii: "\n")]
        return (header + end, RowEncoder(.csv, pieces, end: end, required: required))
    }

    /// The column of a name, which has to be text.
    private func text(_ name: String, in columns: [ResultColumn]) throws -> Int {
        guard let index = columns.firstIndex(where: { $0.name == name }) else {
            throw LakeError(
                .usage, "the layout \(rawValue) needs a column '\(name)', which the query does not select",
                hint: "SELECT prompt, response FROM samples WHERE ..., or name others so: SELECT question AS prompt")
        }
        guard columns[index].type == .utf8 else {
            throw LakeError(
                .usage, "the column '\(name)' is \(columns[index].type); the layout \(rawValue) needs text",
                hint: "CAST(\(name) AS VARCHAR) AS \(name)")
        }
        return index
    }

    /// An object's keys differ: a second `a` becomes `a_1`, as in the results of queries.
    private static func distinct(_ names: [String]) -> [String] {
        let all = Set(names)
        var taken = Set<String>()
        return names.map { name in
            var (candidate, number) = (name, 0)
            while !taken.insert(candidate).inserted {
                repeat {
                    number += 1
                    candidate = "\(name)_\(number)"
                } while all.contains(candidate)
            }
            return candidate
        }
    }
}
