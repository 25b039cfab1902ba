/// What went wrong, where, and what to do about it. The one error type of the library.
public struct LakeError: Error, Sendable, Equatable {
    /// The class of a failure; decides the exit code of the command line.
    public enum Code: String, Sendable {
        /// The request cannot be carried out as given (unknown column, bad SQL, wrong schema).
        case usage
        /// Bytes on disk are damaged or not in the format.
        case corrupt
        /// A lake, table, version, shard or input file does not exist.
        case missing
        /// The operating system refused (permission, full disk, read error).
        case io
        /// Another writer was first; trying again can succeed.
        case conflict
        /// Somebody asked for the end before the work was done.
        case cancelled
        /// Anything else that stopped the work, such as input rows that do not fit.
        case failed
    }

    /// Where it happened; every part is optional.
    public struct Location: Sendable, Equatable {
        public var file: String?
        public var table: String?
        public var column: String?
        public var chunk: Int?
        /// Byte offset in `file`.
        public var offset: UInt64?
        /// Line of a text input, from 1.
        public var line: Int?

        public init(
            file: String? = nil, table: String? = nil, column: String? = nil, chunk: Int? = nil, offset: UInt64? = nil,
            line: Int? = nil
        ) {
            self.file = file
            self.table = table
            self.column = column
            self.chunk = chunk
            self.offset = offset
            self.line = line
        }
    }

    public var code: Code
    public var message: String
    public var location: Location
    public var hint: String?

    public init(_ code: Code, _ message: String, at location: Location = Location(), hint: String? = nil) {
        self.code = code
        self.message = message
        self.location = location
        self.hint = hint
    }

    /// The process exit status for this error: 1 failed, 64 usage, 65 corrupt, 66 missing, 74 I/O, 75 conflict, 130 cancelled.
    public var exitCode: Int32 {
        switch code {
        case .failed: 1
        case .usage: 64
        case .corrupt: 65
        case .missing: 66
        case .io: 74
        case .conflict: 75
        case .cancelled: 130
        }
    }

    /// The same error with the parts of `location` that it lacks filled in: callers add what they know.
    public func located(_ outer: Location) -> LakeError {
        var copy = self
        copy.location.file = location.file ?? outer.file
        copy.location.table = location.table ?? outer.table
        copy.location.column = location.column ?? outer.column
        copy.location.chunk = location.chunk ?? outer.chunk
        copy.location.offset = location.offset ?? outer.offset
        copy.location.line = location.line ?? outer.line
        return copy
    }
}

extension LakeError: CustomStringConvertible {
    /// `message (file F, column C, chunk 3, offset 1024)` and the hint on a line of its own.
    public var description: String {
        var places: [String] = []
        if let table = location.table { places.append("table \(table)") }
        if let file = location.file { places.append("file \(file)") }
        if let column = location.column { places.append("column \(column)") }
        if let chunk = location.chunk { places.append("chunk \(chunk)") }
        if let offset = location.offset { places.append("offset \(offset)") }
        if let line = location.line { places.append("line \(line)") }
        var text = message
        // What follows the first line shows something, such as the SQL.
        let end = text.firstIndex(of: "\n") ?? text.endIndex
        if !places.isEmpty { text.insert(contentsOf: " (" + places.joined(separator: ", ") + ")", at: end) }
        if let hint { text += "\n  hint: " + hint }
        return text
    }
}

/// Adds `location` to any `LakeError` that `body` throws.
public func locating<Result>(_ location: LakeError.Location, _ body: () throws -> Result) throws -> Result {
    do {
        return try body()
    } catch let error as LakeError {
        throw error.located(location)
    }
}
