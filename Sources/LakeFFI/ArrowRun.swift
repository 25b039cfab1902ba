import LakeArrow
import LakeBytes
import LakeCore
import LakeQuery
import LakeShard
import Synchronization

/// A query with the columns of its streams.
final class ArrowQuery: Sendable {
    let query: PreparedQuery
    let fields: [ArrowField]

    init(_ query: PreparedQuery) throws {
        self.query = query
        fields = zip(query.columns, try query.codedColumns()).map { column, isCoded in
            ArrowField(name: column.name, type: column.type, isDictionary: isCoded)
        }
    }
}

/// One run of a query: a thread that makes batches ahead, laid out as Arrow where they are taken.
final class ArrowRun: Sendable {
    /// Batches that may wait to be taken.
    private static let ahead = 3

    let fields: [ArrowField]
    private let producer: Producer<Batch>
    private let state: Mutex<State>
    private let cancellation = Cancellation()

    private struct State {
        var encoder: ArrowEncoder
        /// Parts of a batch that was too large for one.
        var parts: [Batch] = []
        var rows = 0
        var failure: LakeError?
    }

    init(_ query: ArrowQuery) {
        fields = query.fields
        state = Mutex(State(encoder: ArrowEncoder(query.fields)))
        producer = Producer(ahead: ArrowRun.ahead) { [query = query.query, cancellation] give in
            try query.run(cancellation: cancellation, give)
        }
    }

    /// The next rows, nil at the end.
    /// - Throws: `LakeError`, the same from then on.
    func next() throws(LakeError) -> ArrowBatch? {
        do {
            while let batch = try part() {
                guard batch.count > 0 else { continue }
                return try state.withLock { state in
                    state.rows += batch.count
                    return try state.encoder.encode(batch)
                }
            }
            return nil
        } catch {
            let failure = isCancelled ? ArrowRun.stopped : error as? LakeError ?? ArrowRun.stopped
            state.withLock { $0.failure = failure }
            throw failure
        }
    }

    private func part() throws -> Batch? {
        if let failure = state.withLock({ $0.failure }) { throw failure }
        if let part = state.withLock({ $0.parts.popLast() }) { return part }
        guard let batch = try producer.next() else { return nil }
        return state.withLock { state in
            state.parts = state.encoder.parts(of: batch).reversed()
            return state.parts.popLast()
        }
    }

    /// Whether the run was cut short.
    var isCancelled: Bool { cancellation.isCancelled }

    /// Whether `next` would return at once; waits for it so long at most.
    func wait(milliseconds: Int) -> Bool {
        state.withLock { !$0.parts.isEmpty || $0.failure != nil } || producer.wait(milliseconds: milliseconds)
    }

    func cancel() {
        cancellation.cancel()
        producer.stop()
    }

    /// Ends the work and waits until no thread is at it any more.
    func end() {
        cancellation.cancel()
        producer.end()
    }

    /// Rows handed out so far.
    var rows: Int { state.withLock { $0.rows } }

    /// What ended the run early.
    var failure: LakeError? { state.withLock { $0.failure } }

    private static let stopped = LakeError(.cancelled, "the query was cancelled")
}
