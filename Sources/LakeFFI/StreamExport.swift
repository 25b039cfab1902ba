import CArrow
import Glibc
import LakeArrow
import LakeCore

/// Hands a run out as an `ArrowArrayStream`.
enum StreamExport {
    static func write(_ run: ArrowRun, to stream: UnsafeMutablePointer<ArrowArrayStream>) {
        stream.initialize(
            to: ArrowArrayStream(
                get_schema: { StreamExport.schema($0, $1) }, get_next: { StreamExport.next($0, $1) },
                get_last_error: { StreamExport.open($0).map { UnsafePointer($0.message) } ?? nil },
                release: { StreamExport.release($0) },
                private_data: Unmanaged.passRetained(OpenStream(run)).toOpaque()))
        LiveExports.began()
    }

    /// The stream's own part; nil for one that has been released.
    private static func open(_ stream: UnsafeMutablePointer<ArrowArrayStream>?) -> OpenStream? {
        guard let stream, stream.pointee.release != nil, let data = stream.pointee.private_data else { return nil }
        return Unmanaged<OpenStream>.fromOpaque(data).takeUnretainedValue()
    }

    private static func schema(
        _ stream: UnsafeMutablePointer<ArrowArrayStream>?, _ schema: UnsafeMutablePointer<ArrowSchema>?
    ) -> Int32 {
        guard let open = open(stream), let schema else { return EINVAL }
        SchemaExport.write(open.run.fields, to: schema)
        return 0
    }

    private static func next(
        _ stream: UnsafeMutablePointer<ArrowArrayStream>?, _ array: UnsafeMutablePointer<ArrowArray>?
    ) -> Int32 {
        guard let open = open(stream), let array else { return EINVAL }
        do {
            if let batch = try open.run.next() {
                ArrayExport.write(batch, to: array)
            } else {
                // The end is an array that has been released.
                array.initialize(to: ArrowArray())
            }
            return 0
        } catch {
            open.setMessage(error.description)
            return open.run.isCancelled ? ECANCELED : error.errorNumber
        }
    }

    private static func release(_ stream: UnsafeMutablePointer<ArrowArrayStream>?) {
        guard let stream, stream.pointee.release != nil, let data = stream.pointee.private_data else { return }
        let open = Unmanaged<OpenStream>.fromOpaque(data).takeRetainedValue()
        open.run.end()
        stream.pointee.release = nil
        stream.pointee.private_data = nil
        LiveExports.ended()
    }
}

/// What an exported stream points to.
private final class OpenStream {
    let run: ArrowRun
    /// What went wrong last, kept until the next failure or the release.
    private(set) var message: UnsafeMutablePointer<CChar>?

    init(_ run: ArrowRun) { self.run = run }

    func setMessage(_ text: String) {
        free(message)
        message = strdup(text)
    }

    deinit { free(message) }
}

extension LakeError {
    /// The error number that says most of it.
    var errorNumber: Int32 {
        switch code {
        case .usage, .failed: EINVAL
        case .cancelled: ECANCELED
        case .missing: ENOENT
        case .corrupt, .io: EIO
        case .conflict: EAGAIN
        }
    }
}
