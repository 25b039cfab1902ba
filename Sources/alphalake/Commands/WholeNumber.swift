import ArgumentParser

/// Whole numbers as values of options. The options take what follows them in any case (`parsing: .unconditional`), so that
/// `--sample -5` is told what is wrong with -5.
enum WholeNumber {
    /// - Parameter example: the option as it should be written.
    static func within(_ range: ClosedRange<Int>, as example: String) -> @Sendable (String) throws -> Int {
        { text in
            guard let number = Int(text), range.contains(number) else {
                let top = range.upperBound == .max ? "" : " to \(range.upperBound)"
                throw ValidationError("it must be a whole number from \(range.lowerBound)\(top), as in \(example)")
            }
            return number
        }
    }

    /// A number of 64 bits.
    static func any(as example: String) -> @Sendable (String) throws -> Int64 {
        { text in
            guard let number = Int64(text) else {
                throw ValidationError("it must be a whole number of 64 bits, as in \(example)")
            }
            return number
        }
    }
}
