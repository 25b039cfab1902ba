/// A column that gave no rows, and why.
public struct SkippedColumn: Sendable, Equatable {
    /// Why a column gives no rows.
    public enum Reason: Sendable, Equatable {
        /// It became a column of every row (`respondent_id`, `weight`, `sex` ...).
        case became(String)
        /// About the panelist, not asked in this wave (`F_MARITAL`).
        case profile
        /// About the interview (form, language, device, times).
        case interview
        /// Numbers or dates without value labels.
        case unlabelledNumbers
        /// Text without value labels: open answers.
        case openText
    }

    public var name: String
    public var reason: Reason
}

extension SkippedColumn.Reason: CustomStringConvertible {
    public var description: String {
        switch self {
        case .became(let name): "became \(name)"
        case .profile: "about the panelist, not a question of the wave"
        case .interview: "about the interview"
        case .unlabelledNumbers: "no value labels"
        case .openText: "text without value labels"
        }
    }
}

/// What happened to one file.
public struct FileReport: Sendable {
    /// What became of a file.
    public enum Outcome: Sendable, Equatable {
        /// Its rows went in.
        case imported
        /// Its respondents are those of another file of the wave, which went in instead.
        case covered(by: String)
        /// It is no survey file and was passed over.
        case ignored(String)
        /// It could not be read.
        case failed(String)
    }

    public var path: String
    public var wave: Wave?
    public var outcome: Outcome
    public var respondents = 0
    public var questions = 0
    public var rows = 0
    public var skipped: [SkippedColumn] = []
    /// Which column became what, by name of the target.
    public var sources: [String: String] = [:]
    /// What is worth knowing: missing weights, unknown labels, a repaired date.
    public var notes: [String] = []

    public init(path: String, wave: Wave? = nil, outcome: Outcome) {
        self.path = path
        self.wave = wave
        self.outcome = outcome
    }
}

/// What an import did.
public struct SurveySummary: Sendable {
    public var files: [FileReport] = []

    public init() {}

    public var imported: [FileReport] { files.filter { $0.outcome == .imported } }
    /// The files that were meant to go in and did not; `--strict` fails on them.
    public var failures: [FileReport] {
        files.filter { if case .failed = $0.outcome { true } else { false } }
    }
    public var waves: Int { Set(imported.compactMap(\.wave)).count }
    public var respondents: Int { imported.reduce(0) { $0 + $1.respondents } }
    public var questions: Int { imported.reduce(0) { $0 + $1.questions } }
    public var rows: Int { imported.reduce(0) { $0 + $1.rows } }
}
