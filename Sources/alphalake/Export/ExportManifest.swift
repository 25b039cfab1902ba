import LakeCore

/// `manifest.json` of a directory of parts: what is in them and where it came from.
struct ExportManifest {
    static let name = "manifest.json"

    /// A file of the export.
    struct Part {
        var name: String
        var rows: Int
        var bytes: Int
    }

    let plan: ExportPlan
    let layout: ExportLayout
    let system: String?
    let parts: [Part]

    /// The file's contents.
    var json: [UInt8] {
        let strings = JSONStrings()
        func text(_ value: String) -> String { String(decoding: strings.literal(value), as: UTF8.self) }
        var lines = [
            "\"alphalake\": \(text(alphaLakeVersion))", "\"table\": \(text(plan.table))",
            "\"version\": \(plan.version)", "\"sql\": \(text(plan.sql))", "\"layout\": \(text(layout.rawValue))",
        ]
        if let system { lines.append("\"system\": \(text(system))") }
        if let isSynthetic = plan.isSynthetic { lines.append("\"synthetic\": \(isSynthetic)") }
        lines.append("\"rows\": \(parts.reduce(0) { $0 + $1.rows })")
        lines.append("\"bytes\": \(parts.reduce(0) { $0 + $1.bytes })")
        let files = parts.map { part in
            "    {\"file\": \(text(part.name)), \"rows\": \(part.rows), \"bytes\": \(part.bytes)}"
        }
        lines.append("\"parts\": [\n" + files.joined(separator: ",\n") + "\n  ]")
        return Array(("{\n" + lines.map { "  " + $0 }.joined(separator: ",\n") + "\n}\n").utf8)
    }
}
