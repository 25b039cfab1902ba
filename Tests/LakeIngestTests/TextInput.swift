import Foundation
import LakeBytes
import LakeCore
import LakeShard
import Testing

@testable import LakeIngest

/// A text written to a file that is removed with the value.
final class TextInput {
    let path: String

    init(_ bytes: [UInt8], name: String = "input.jsonl") throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ingest-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        path = folder.appendingPathComponent(name).path
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    convenience init(_ text: String, name: String = "input.jsonl") throws {
        try self.init(Array(text.utf8), name: name)
    }

    deinit {
        try? FileManager.default.removeItem(at: URL(fileURLWithPath: path).deletingLastPathComponent())
    }
}

/// All rows of an import, as JSON-like text per value: numbers and texts as they read, NULL as nil.
struct ImportedRows {
    var schema: Schema
    var changes: [SchemaChange] = []
    var rows: [[String?]] = []
    var report: ImportReport

    init(
        _ paths: [String], existing: Schema? = nil, declared: Schema? = nil, options: ImportOptions = ImportOptions()
    ) throws {
        let input = try TableImport(paths: paths, options: options)
        let plan = try input.plan(existing: existing, declared: declared)
        schema = plan.schema
        changes = plan.changes
        let reader = try input.rows(plan)
        while let batch = try reader.next() {
            #expect(batch.count > 0 && batch.count <= RowReader.batchRows)
            #expect(batch.columns.count == schema.fields.count)
            for (column, field) in zip(batch.columns, schema.fields) {
                #expect(column.count == batch.count)
                try #require(column.isWellFormed(field.type), "column \(field.name)")
            }
            for row in 0..<batch.count {
                rows.append(zip(batch.columns, schema.fields).map { $0.text(row, $1.type) })
            }
        }
        report = reader.report
        #expect(report.rows == rows.count)
    }

    init(
        text: String, name: String = "input.jsonl", existing: Schema? = nil, declared: Schema? = nil,
        skipping: Bool = false
    )
        throws
    {
        let input = try TextInput(text, name: name)
        try self.init(
            [input.path], existing: existing, declared: declared,
            options: ImportOptions(badLines: skipping ? .skip(keeping: 10) : .fail))
    }

    var types: [String] { schema.fields.map { "\($0.name) \($0.type)" } }

    func column(_ name: String) throws -> [String?] {
        let index = try schema.requiredIndex(of: name)
        return rows.map { $0[index] }
    }
}

extension ColumnVector {
    func isWellFormed(_ type: DataType) -> Bool {
        if let validity, validity.count != count { return false }
        switch values {
        case .integers: return type.physical == .integer
        case .floats: return type.physical == .float
        case .bytes(let strings):
            return type.physical == .bytes && strings.offsets.first == 0 && strings.offsets.last == strings.data.count
                && zip(strings.offsets, strings.offsets.dropFirst()).allSatisfy { $0 <= $1 }
        case .codes: return false
        case .lists(let offsets, let child):
            guard let element = type.element, offsets.first == 0, offsets.last == child.vector.count else {
                return false
            }
            if case .fixedList(_, let size) = type, offsets.last != size * count { return false }
            return child.vector.isWellFormed(element)
        }
    }

    func text(_ index: Int, _ type: DataType) -> String? {
        if isNull(index) { return nil }
        switch values {
        case .integers(let values):
            switch type {
            case .bool: return values[index] == 1 ? "true" : "false"
            case .uint64: return String(UInt64(bitPattern: values[index]))
            case .date: return CalendarText.date(Int32(values[index]))
            case .timestamp: return CalendarText.timestamp(values[index])
            default: return String(values[index])
            }
        case .floats(let values): return values[index].description
        case .bytes(let strings):
            return type == .utf8
                ? strings.string(index) : strings[index].map { String($0, radix: 16) }.joined(separator: " ")
        case .codes: return "?"
        case .lists(let offsets, let child):
            let element = type.element ?? .utf8
            let texts = (offsets[index]..<offsets[index + 1]).map { child.vector.text($0, element) ?? "null" }
            return "[" + texts.joined(separator: ",") + "]"
        }
    }
}

/// The error that `body` throws.
func lakeError(_ body: () throws -> Void) -> LakeError? {
    do {
        try body()
        Issue.record("no error was thrown")
    } catch let error as LakeError {
        return error
    } catch {
        Issue.record("not a LakeError: \(error)")
    }
    return nil
}
