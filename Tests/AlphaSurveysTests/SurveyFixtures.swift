import Foundation
import LakeBytes
import LakeCore
import LakeShard

@testable import AlphaSurveys

/// A folder that goes when the test ends.
final class Scratch: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "alphalake-surveys-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) throws -> String {
        let file = path + "/" + name
        let folder = (file as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return file
    }
}

/// The generated set, written once and imported once for all tests.
struct GeneratedSet: Sendable {
    let scratch: Scratch
    let output: SurveyGenerator.Output
    let waves: [String: SurveyWave]
    let summary: SurveySummary

    private static let generator = SurveyGenerator(respondents: 600)
    static let shared = Result { try GeneratedSet() }

    private init() throws {
        let scratch = try Scratch()
        output = try GeneratedSet.generator.write(to: scratch.path)
        var waves: [String: SurveyWave] = [:]
        summary = try GeneratedSet.importer(output).run(paths: [output.waves]) { waves[$0.wave.name] = $0 }
        self.waves = waves
        self.scratch = scratch
    }

    var definitions: [GeneratedWave] { GeneratedSet.generator.generatedWaves }

    static func importer(_ output: SurveyGenerator.Output) throws -> SurveyImport {
        let store = LocalStore()
        return try SurveyImport(
            catalog: QuestionCatalog(json: try store.read(output.catalog, limit: 1 << 24), file: output.catalog),
            details: SurveyDetails(json: try store.read(output.details, limit: 1 << 24), file: output.details))
    }

    func wave(_ name: String) throws -> SurveyWave {
        guard let wave = waves[name] else { throw LakeError(.missing, "the set has no wave \(name)") }
        return wave
    }
}

/// One cell of a row as tests compare it.
enum Cell: Hashable, CustomStringConvertible {
    case null
    case number(Double)
    case text(String)

    var description: String {
        switch self {
        case .null: "NULL"
        case .number(let value): "\(value)"
        case .text(let value): "'\(value)'"
        }
    }
}

extension ColumnVector {
    func cell(_ index: Int) -> Cell {
        if isNull(index) { return .null }
        switch values {
        case .integers(let values): return .number(Double(values[index]))
        case .floats(let values): return .number(values[index])
        case .bytes(let values): return .text(values.string(index))
        case .codes(let codes, let dictionary): return dictionary.values.cell(Int(codes[index]))
        case .lists: return .text(elements(index).map(\.description).joined(separator: "|"))
        }
    }

    func elements(_ index: Int) -> [Cell] {
        guard case .lists(let offsets, let child) = values, !isNull(index) else { return [] }
        return (offsets[index]..<offsets[index + 1]).map { child.vector.cell($0) }
    }
}

extension SurveyWave {
    /// A column of a key group, one cell per key.
    func keys(_ group: String, _ column: String) throws -> [Cell] {
        let schema = try SurveyTables.responses()
        guard let index = schema.keyGroups.firstIndex(where: { $0.name == group }),
            let position = schema.keyGroups[index].columns.firstIndex(of: column)
        else { throw LakeError(.missing, "no \(column) in \(group)") }
        let vector = responses.keys[index].columns[position]
        return (0..<responses.keys[index].count).map { vector.cell($0) }
    }

    /// A column of `questions`.
    func question(_ column: String) throws -> [Cell] {
        let vector = questions.columns[try SurveyTables.questions().requiredIndex(of: column)]
        return (0..<questions.count).map { vector.cell($0) }
    }

    /// The answers to a question: label or NULL, code and refusal, with how often each occurs.
    func answers(to key: String) throws -> [(answer: Cell, code: Cell, refused: Cell, count: Int)] {
        let keys = try self.keys("question", "question_key")
        guard let question = keys.firstIndex(of: .text(key)), let parents = responses.keys[2].parents else { return [] }
        var counts = [Int](repeating: 0, count: responses.keys[2].count)
        for code in responses.codes[2] { counts[Int(code)] += 1 }
        let (labels, codes) = (try self.keys("answer", "answer"), try self.keys("answer", "answer_code"))
        let refused = try self.keys("answer", "is_refused")
        return parents.indices.filter { Int(parents[$0]) == question }.map {
            (labels[$0], codes[$0], refused[$0], counts[$0])
        }
    }
}

/// Writes a survey file with the given columns and rows.
func writeSurvey(_ path: String, _ columns: [(SurveyColumn, width: Int)], _ rows: [[SurveyCell]]) throws {
    let writer = try SurveyWriter(path: path, rows: rows.count)
    for (column, width) in columns { writer.add(column, width: width) }
    for row in rows { writer.write(row) }
    try writer.close()
}

func numeric(_ name: String, _ labels: [(Double, String)] = [], label: String = "") -> (SurveyColumn, width: Int) {
    (
        SurveyColumn(
            name: name, label: label, format: "F8.2", isText: false,
            labels: labels.map { ValueLabel(code: $0.0, text: nil, label: $0.1) }, missing: []), 0
    )
}

/// The folder of real data, nil where it is absent.
let realData: String? = {
    let root = ProcessInfo.processInfo.environment["ALPHALAKE_DATA"]
    let file = #filePath as NSString
    var repository = file.deletingLastPathComponent as NSString
    for _ in 0..<2 { repository = repository.deletingLastPathComponent as NSString }
    let path = (root ?? repository.deletingLastPathComponent + "/shared/data") + "/atp"
    return FileManager.default.fileExists(atPath: path + "/reference_scores.json") ? path : nil
}()
