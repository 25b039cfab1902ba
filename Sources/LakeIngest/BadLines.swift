import LakeCore

/// What happens to input lines that cannot become rows.
public enum BadLinePolicy: Sendable, Equatable {
    /// The first one ends the import with an error that names file, line, column and reason.
    case fail
    /// They are left out and counted; the first `keeping` of them are kept with their reasons.
    case skip(keeping: Int)
}

/// A line of input that did not become a row.
public struct BadLine: Sendable, Equatable, CustomStringConvertible {
    public var file: String
    /// The record's first line, from 1.
    public var line: Int
    public var column: String?
    public var reason: String
    public var hint: String?

    public init(file: String, line: Int, column: String? = nil, reason: String, hint: String? = nil) {
        self.file = file
        self.line = line
        self.column = column
        self.reason = reason
        self.hint = hint
    }

    /// `ads.jsonl:17: column spend: '12x' is no int64`
    public var description: String {
        "\(file):\(line): " + (column.map { "column \($0): " } ?? "") + reason
    }

    /// The line as the error that ends an import.
    public var error: LakeError {
        LakeError(
            .failed, reason, at: .init(file: file, column: column, line: line),
            hint: hint ?? "correct the line, or leave such lines out with --skip-bad")
    }
}

/// Counts bad lines under a policy.
struct BadLineLog: Sendable {
    let policy: BadLinePolicy
    private(set) var count = 0
    private(set) var kept: [BadLine] = []

    init(policy: BadLinePolicy) {
        self.policy = policy
    }

    /// Notes a bad line.
    /// - Throws: it as a `LakeError` when bad lines end the import.
    mutating func add(_ line: BadLine) throws(LakeError) {
        guard case .skip(let keeping) = policy else { throw line.error }
        count += 1
        if kept.count < keeping { kept.append(line) }
    }

    /// Notes several, which need not be in order; the first line counts when it ends the import.
    mutating func add(_ lines: [BadLine]) throws(LakeError) {
        for line in lines.sorted(by: { $0.line < $1.line }) { try add(line) }
    }
}
