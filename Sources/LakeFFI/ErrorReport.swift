import CArrow
import Glibc
import LakeCore

/// Reports errors through `alphalake_error`.
enum ErrorReport {
    /// Runs `body` and reports what it throws.
    /// - Returns: 0, or the error's status.
    static func status(_ error: UnsafeMutablePointer<alphalake_error>?, _ body: () throws -> Void) -> Int32 {
        clear(error)
        do {
            try body()
            return 0
        } catch let thrown {
            let failure = thrown as? LakeError ?? LakeError(.failed, "\(thrown)")
            fill(error, failure)
            return failure.exitCode
        }
    }

    static func fill(_ error: UnsafeMutablePointer<alphalake_error>?, _ failure: LakeError) {
        guard let error else { return }
        clear(error)
        var told = failure
        told.hint = nil
        error.pointee = alphalake_error(
            code: failure.exitCode, message: strdup(told.description), hint: failure.hint.flatMap { strdup($0) })
    }

    static func clear(_ error: UnsafeMutablePointer<alphalake_error>?) {
        guard let error else { return }
        free(error.pointee.message)
        free(error.pointee.hint)
        error.pointee = alphalake_error(code: 0, message: nil, hint: nil)
    }
}

/// Arguments of C functions.
enum Argument {
    /// Text that ends in a zero byte.
    static func text(_ pointer: UnsafePointer<CChar>?, _ name: String) throws(LakeError) -> String {
        guard let pointer else { throw absent(name) }
        guard let text = String(validatingCString: pointer) else {
            throw LakeError(.usage, "the argument '\(name)' is not valid UTF-8")
        }
        return text
    }

    /// Where a result goes.
    static func place<Value>(
        _ pointer: UnsafeMutablePointer<Value>?, _ name: String
    ) throws(LakeError) -> UnsafeMutablePointer<Value> {
        guard let pointer else { throw absent(name) }
        return pointer
    }

    private static func absent(_ name: String) -> LakeError {
        LakeError(.usage, "the argument '\(name)' is NULL")
    }
}
