import FoundationEssentials
import LakeBytes
import LakeCore

/// The templates of prompt and response for each task: the data of `Schemas/prompts/v1.json`, or others in that form.
public struct PromptSet: Sendable {
    /// What a template is for.
    public enum Part: String, Sendable, CaseIterable {
        /// What a model is asked.
        case prompt
        /// What it should answer.
        case response
    }

    /// The tasks that can have templates, in the order of `Schemas/ads/tasks.json`.
    public static let taskNames = [
        "TAG-G", "TAG-A", "TAG-R", "TAG-B", "TAG-I", "TAP-G", "TAP-A", "TAP-R", "TAP-B", "TAP-I", "TS-B", "TS-E",
        "TS-A", "TS-R", "TS-G", "TC-A", "TC-G", "TC-R",
    ]

    /// The number that the templates bear.
    public let version: Int
    /// The tasks that have templates, in the order of `taskNames`.
    public let tasks: [String]
    /// In the order of `tasks`.
    private let prompts: [PromptTemplate]
    private let responses: [PromptTemplate]

    private struct Contents: Decodable {
        struct Task: Decodable {
            var prompt: Text
            var response: Text
        }

        var version: Int
        var tasks: [String: Task]
    }

    /// A text, or its lines.
    private struct Text: Decodable {
        var text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let lines = try? container.decode([String].self) {
                text = lines.joined(separator: "\n")
            } else {
                text = try container.decode(String.self)
            }
        }
    }

    /// - Parameter json: contents in the form of `Schemas/prompts/v1.json`. Tasks can be left out: they have none.
    /// - Throws: `LakeError` (usage) that names the task and the place in its template when they cannot be used.
    public init(json: [UInt8], file: String? = nil) throws(LakeError) {
        let contents: Contents
        do {
            contents = try JSONDecoder().decode(Contents.self, from: Data(json))
        } catch {
            throw LakeError(
                .usage, "no prompt templates: \(error)", at: .init(file: file),
                hint: "Schemas/prompts/v1.json shows the form")
        }
        for name in contents.tasks.keys.sorted() where !PromptSet.taskNames.contains(name) {
            throw LakeError(
                .usage, "prompt templates: there is no task '\(name)'", at: .init(file: file),
                hint: suggestion(for: name, among: PromptSet.taskNames)
                    ?? "there are " + PromptSet.taskNames.joined(separator: ", "))
        }
        version = contents.version
        tasks = PromptSet.taskNames.filter { contents.tasks[$0] != nil }
        var prompts: [PromptTemplate] = []
        var responses: [PromptTemplate] = []
        for name in tasks {
            guard let task = contents.tasks[name] else { continue }
            prompts.append(try PromptSet.template(task.prompt.text, .prompt, of: name, file: file))
            responses.append(try PromptSet.template(task.response.text, .response, of: name, file: file))
        }
        self.prompts = prompts
        self.responses = responses
    }

    private static func template(
        _ text: String, _ part: Part, of task: String, file: String?
    ) throws(LakeError) -> PromptTemplate {
        do {
            return try PromptTemplate(text)
        } catch {
            var error = error.located(.init(file: file))
            error.message = "\(part.rawValue) of \(task), \(error.message)"
            throw error
        }
    }

    /// No templates at all.
    private init() {
        version = 0
        (tasks, prompts, responses) = ([], [], [])
    }

    /// The templates that AlphaLake ships. That they can be read is for the tests to see.
    public static let standard = (try? PromptSet(json: EmbeddedSchemas.contents(of: "prompts/v1.json"))) ?? PromptSet()

    /// The templates of one part, in the order of `tasks`.
    func templates(_ part: Part) -> [PromptTemplate] {
        switch part {
        case .prompt: prompts
        case .response: responses
        }
    }

    /// The columns that the templates of a part use, each once, in the order of the slots.
    func columns(_ part: Part) -> [PromptSlot.Column] {
        let used = templates(part).flatMap(\.slots).flatMap(\.columns).map(\.name)
        var columns: [PromptSlot.Column] = []
        for column in PromptSlot.all.flatMap(\.columns) where used.contains(column.name) && !columns.contains(column) {
            columns.append(column)
        }
        return columns
    }

    /// The derived columns that the templates need of `samples`: `name` looks `column` up in `ads`, by `target_ad`
    /// where `isTarget`, else by `ad`.
    public var lookups: [(name: String, column: String, isTarget: Bool)] {
        var found: [(name: String, column: String, isTarget: Bool)] = []
        for column in columns(.prompt) + columns(.response) {
            guard let isTarget = column.isTarget, !found.contains(where: { $0.name == column.name }) else { continue }
            found.append((column.name, column.column, isTarget))
        }
        return found
    }
}
