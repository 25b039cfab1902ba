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

/// One run of a query: a thread that makes batches ahead, laid out as Arrow where they are taken. What takes a few
/// milliseconds as a whole is made by the one who takes it.
final class ArrowRun: Sendable {
    /// Batches that may wait to be taken.
    private static let ahead = 3

    let fields: [ArrowField]
    private let source: Source
    private let state: Mutex<State>
    private let cancellation = Cancellation()

    private enum Source {
        case ahead(Producer<Batch>)
        case here(PreparedQuery)
    }

    private struct State {
        /// What a brief run has made and nobody has taken, the last first; nil before it ran.
        var made: [Batch]?
        var encoder: ArrowEncoder
        /// Parts of a batch that was too large for one.
        var parts: [Batch] = []
        var rows = 0
        var failure: LakeError?
    }

    init(_ query: ArrowQuery) {
        fields = query.fields
        state = Mutex(State(encoder: ArrowEncoder(query.fields)))
        let (query, cancellation) = (query.query, cancellation)
        source =
            query.isBrief
            ? .here(query)
            : .ahead(Producer(ahead: ArrowRun.ahead) { try query.run(cancellation: cancellation, $0) })
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
        guard let batch = try made() else { return nil }
        return state.withLock { state in
            state.parts = state.encoder.parts(of: batch).reversed()
            return state.parts.popLast()
        }
    }

    private func made() throws -> Batch? {
        let query: PreparedQuery
        switch source {
        case .ahead(let producer): return try producer.next()
        case .here(let here): query = here
        }
        return try state.withLock { state in
            if state.made == nil {
                do {
                    state.made = try withDeepStack(1 << 20) {
                        var batches: [Batch] = []
                        try query.run(cancellation: cancellation) { batches.append($0) }
                        return batches.reversed()
                    }
                } catch {
                    // Whoever asks next is told the same.
                    state.failure = isCancelled ? ArrowRun.stopped : error as? LakeError ?? ArrowRun.stopped
                    throw error
                }
            }
            try cancellation.check()
            return state.made?.popLast()
        }
    }

    private var producer: Producer<Batch>? { if case .ahead(let producer) = source { producer } else { nil } }

    /// Whether the run was cut short.
    var isCancelled: Bool { cancellation.isCancelled }

    /// Whether `next` would return at once; waits for it so long at most.
    func wait(milliseconds: Int) -> Bool {
        state.withLock { !$0.parts.isEmpty || $0.failure != nil } || producer?.wait(milliseconds: milliseconds) ?? true
    }

    func cancel() {
        cancellation.cancel()
        producer?.stop()
    }

    /// Ends the work and waits until no thread is at it any more.
    func end() {
        cancellation.cancel()
        producer?.end()
        // Whoever makes a brief run holds the state.
        state.withLock { _ in }
    }

    /// Rows handed out so far.
    var rows: Int { state.withLock { $0.rows } }

    /// What ended the run early.
    var failure: LakeError? { state.withLock { $0.failure } }

    private static let stopped = LakeError(.cancelled, "the query was cancelled")
}
