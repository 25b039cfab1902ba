import LakeCore

/// Where in the SQL an expression stands that some values make fail.
///
/// All places are equal: expressions that say the same are found equal, wherever they stand.
struct Place: Hashable, Sendable {
    private let source: SQLSource?
    private let position: Int

    /// - Parameter position: byte offset in the SQL.
    init(_ source: SQLSource, at position: Int) {
        self.source = source
        self.position = position
    }

    private init() {
        source = nil
        position = 0
    }

    /// Of what no SQL says.
    static let unknown = Place()

    /// The error with the line of SQL and a caret, where values are its cause; others as they are.
    func showing(_ error: any Error) -> any Error {
        guard let source, let error = error as? LakeError, error.code == .failed else { return error }
        let shown = source.error(error.message, at: position)
        return LakeError(error.code, shown.message, at: error.location, hint: error.hint)
    }

    /// The result of `body`, whose errors show this place. What is evaluated in it must know no better place.
    @inline(__always)
    func showing<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try body() } catch { throw showing(error) }
    }

    static func == (a: Place, b: Place) -> Bool { true }

    func hash(into hasher: inout Hasher) {}
}
