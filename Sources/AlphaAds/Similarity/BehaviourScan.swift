import LakeBytes
import LakeCore
import LakeQuery
import LakeShard
import LakeTable

/// Reads the groups' normalised shares, or ranks, from the table `ads`.
public struct BehaviourScan {
    /// What was read.
    public struct Outcome {
        /// Ads that passed the condition.
        public var ads = 0
        /// Those of them that were made up.
        public var synthetic = 0
        /// One per axis.
        public var columns: [BehaviourColumns] = []
    }

    private let engine: QueryEngine
    private let axes: [BehaviourAxis]
    private let measure: BehaviourMeasure
    private let condition: String?

    /// - Parameters:
    ///   - axes: what is read at once; the table is scanned once for all of them.
    ///   - condition: what stands behind WHERE; nil for all ads.
    public init(_ engine: QueryEngine, axes: [BehaviourAxis], measure: BehaviourMeasure, condition: String? = nil) {
        self.engine = engine
        self.axes = axes
        self.measure = measure
        self.condition = condition
    }

    /// - Parameter progress: called with the number of ads so far, on the calling thread.
    /// - Throws: `LakeError`: missing without a table `ads`, usage for another table of that name or a wrong condition.
    public func run(cancellation: Cancellation = Cancellation(), progress: (Int) -> Void = { _ in }) throws -> Outcome {
        var names = ["synthetic"]
        for axis in axes { for name in axis.columns(measure) where !names.contains(name) { names.append(name) } }
        var sql = "SELECT " + names.joined(separator: ", ") + " FROM ads"
        // On a line of its own, a comment in the condition ends before the bracket.
        if let condition { sql += " WHERE (\(condition)\n)" }
        let query = try engine.prepare(sql)
        let capacity = try engine.lake.table("ads").manifest(at: engine.selector).rows
        var outcome = Outcome()
        outcome.columns = axes.map { BehaviourColumns(axis: $0, measure: measure, capacity: capacity) }
        let cells = axes.map { BehaviourCells(axis: $0, measure: measure) }
        let places = axes.map { axis in axis.columns(measure).compactMap { names.firstIndex(of: $0) } }
        try query.run(cancellation: cancellation) { batch in
            outcome.ads += batch.count
            outcome.synthetic += BehaviourScan.trues(batch.columns[0])
            for index in axes.indices {
                let columns = places[index].map { batch.columns[$0] }
                try outcome.columns[index].append(try cells[index].cells(columns, count: batch.count))
            }
            progress(outcome.ads)
        }
        return outcome
    }

    private static func trues(_ vector: ColumnVector) -> Int {
        (0..<vector.count).count { isTrue(vector, $0) }
    }

    private static func isTrue(_ vector: ColumnVector, _ index: Int) -> Bool {
        guard !vector.isNull(index) else { return false }
        switch vector.values {
        case .integers(let values): return values[index] != 0
        case .codes(let codes, let dictionary): return isTrue(dictionary.values, Int(codes[index]))
        case .floats, .bytes, .lists: return false
        }
    }
}
