import LakeCore

/// The values that numbered cells have, as words, and how often each: plain arrays that are sorted once there is enough to
/// sort, so that taking a value in costs an append and no look-up.
///
/// `settle` sorts by cell and word and makes equal pairs one. What is not settled may hold a pair several times.
public struct CellValues: Sendable {
    /// What is known of a pair beside that it occurred.
    public enum Weighing: Sendable {
        /// Nothing.
        case none
        /// How often; not written down as long as that is once for each pair.
        case single
        /// How often in each of two distributions.
        case double
    }

    private static let stride = 1 << 14 - 1
    /// Pairs that are left unsettled at least.
    private static let patience = 1 << 15

    private let weighing: Weighing
    public private(set) var cells: [UInt32] = []
    public private(set) var words: [UInt64] = []
    /// As many as words, or none where each counts once.
    public private(set) var weights: [Double] = []
    /// As many as words with two distributions, else none.
    public private(set) var others: [Double] = []
    /// Pairs from the front that are sorted, each once.
    private var settled = 0

    public init(_ weighing: Weighing) { self.weighing = weighing }

    public var count: Int { words.count }

    /// Whether pairs are sorted by cell and word, each once.
    public var isSettled: Bool { settled == words.count }

    /// Bytes in memory.
    public var byteCount: Int {
        4 * cells.capacity + 8 * (words.capacity + weights.capacity + others.capacity)
    }

    /// Makes room for `more` pairs.
    public mutating func reserve(_ more: Int) {
        let needed = words.count + more
        guard needed > words.capacity else { return }
        // A half more at a time: the arrays are most of what a query holds.
        let capacity = max(needed, words.count + words.count / 2)
        cells.reserveCapacity(capacity)
        words.reserveCapacity(capacity)
        if !weights.isEmpty { weights.reserveCapacity(capacity) }
        if !others.isEmpty { others.reserveCapacity(capacity) }
    }

    /// Takes a value in that occurred `multiple` times.
    @inline(__always)
    public mutating func append(_ cell: Int, _ word: UInt64, _ multiple: Double) {
        if weighing != .none, multiple != 1 || !weights.isEmpty {
            weigh()
            weights.append(multiple)
        }
        cells.append(UInt32(truncatingIfNeeded: cell))
        words.append(word)
    }

    /// Takes a value in that occurred in two distributions.
    public mutating func append(_ cell: Int, _ word: UInt64, _ weight: Double, _ other: Double) {
        cells.append(UInt32(truncatingIfNeeded: cell))
        words.append(word)
        weights.append(weight)
        others.append(other)
    }

    /// Writes down that each pair so far occurred once.
    private mutating func weigh() {
        if weights.isEmpty { weights = [Double](repeating: 1, count: words.count) }
    }

    // MARK: Settling

    /// Settles once as much again has been taken in as was settled before: all in all, each pair is sorted a few times.
    /// - Throws: `LakeError` (cancelled).
    public mutating func settleIfLarge(_ cancellation: Cancellation?) throws {
        if words.count - settled > max(CellValues.patience, settled) { try settle(cancellation) }
    }

    /// Sorts by cell and word and makes equal pairs one; weights are summed up in the order of arrival.
    /// - Throws: `LakeError` (cancelled).
    public mutating func settle(_ cancellation: Cancellation?) throws {
        guard !isSettled else { return }
        try cancellation?.check()
        let (low, high) = CellValues.bounds(words)
        let bits = UInt64(64 - (high - low).leadingZeroBitCount)
        let cellBits = 32 - (Aggregation.maximum(cells) ?? 0).leadingZeroBitCount
        if Int(bits) + cellBits > 64 {
            var order = try RadixSort.order(of: words, cancellation: cancellation)
            let cells = order.map { UInt64(self.cells[Int($0)]) }
            let byCell = try RadixSort.order(of: cells, cancellation: cancellation)
            order = byCell.map { order[Int($0)] }
            try arrange(order, cancellation)
        } else {
            var keys = packed(low, bits)
            if weights.isEmpty {
                try RadixSort.sort(&keys, cancellation: cancellation)
                unpack(keys, low, bits)
            } else {
                try arrange(RadixSort.order(of: keys, cancellation: cancellation), cancellation)
            }
        }
        settled = words.count
    }

    private static func bounds(_ words: [UInt64]) -> (low: UInt64, high: UInt64) {
        words.withUnsafeBufferPointer { words in
            var (low, high) = (words[0], words[0])
            for word in words {
                low = min(low, word)
                high = max(high, word)
            }
            return (low, high)
        }
    }

    private func packed(_ low: UInt64, _ bits: UInt64) -> [UInt64] {
        cells.withUnsafeBufferPointer { cells in
            words.withUnsafeBufferPointer { words in
                [UInt64](unsafeUninitializedCapacity: words.count) { keys, count in
                    for index in 0..<words.count {
                        keys[index] = UInt64(cells[index]) << bits | (words[index] &- low)
                    }
                    count = words.count
                }
            }
        }
    }

    /// Puts sorted keys back into cells and words, equal ones once.
    private mutating func unpack(_ keys: [UInt64], _ low: UInt64, _ bits: UInt64) {
        let mask: UInt64 = bits == 64 ? .max : 1 << bits &- 1
        var repeats: [Double] = []
        let counts = weighing != .none
        let count = keys.withUnsafeBufferPointer { keys in
            cells.withUnsafeMutableBufferPointer { cells in
                words.withUnsafeMutableBufferPointer { words in
                    var (target, start) = (0, 0)
                    while start < keys.count {
                        let key = keys[start]
                        var end = start + 1
                        while end < keys.count, keys[end] == key { end += 1 }
                        if counts, end - start > 1 || !repeats.isEmpty {
                            if repeats.isEmpty { repeats = [Double](repeating: 1, count: target) }
                            repeats.append(Double(end - start))
                        }
                        cells[target] = UInt32(truncatingIfNeeded: key >> bits)
                        words[target] = key & mask &+ low
                        target += 1
                        start = end
                    }
                    return target
                }
            }
        }
        cells.removeLast(cells.count - count)
        words.removeLast(words.count - count)
        weights = repeats
    }

    /// Puts pairs into an order in which equal ones follow each other, and makes those one.
    private mutating func arrange(_ order: [UInt32], _ cancellation: Cancellation?) throws {
        var result = CellValues(weighing)
        result.reserve(order.count)
        result.weights.reserveCapacity(weights.count)
        for (place, index) in order.enumerated() {
            if place & CellValues.stride == 0 { try cancellation?.check() }
            let index = Int(index)
            let last = result.words.count - 1
            if last >= 0, result.words[last] == words[index], result.cells[last] == cells[index] {
                switch weighing {
                case .none: break
                case .single:
                    result.weigh()
                    result.weights[last] += weights.isEmpty ? 1 : weights[index]
                case .double:
                    result.weights[last] += weights[index]
                    result.others[last] += others[index]
                }
            } else if weighing == .double {
                result.append(Int(cells[index]), words[index], weights[index], others[index])
            } else {
                result.append(Int(cells[index]), words[index], weights.isEmpty ? 1 : weights[index])
            }
        }
        self = result
    }

    // MARK: By cell

    /// Of settled pairs: those of cell `c` are from `starts[c]` on, up to `starts[c + 1]`.
    public func starts(cells count: Int) -> [Int] {
        var starts = [Int](repeating: 0, count: count + 1)
        cells.withUnsafeBufferPointer { cells in
            starts.withUnsafeMutableBufferPointer { starts in
                for cell in cells where Int(cell) < count { starts[Int(cell) + 1] &+= 1 }
                for cell in 0..<count { starts[cell + 1] &+= starts[cell] }
            }
        }
        return starts
    }

    /// Takes in pairs of cells of another that is settled.
    /// - Parameters:
    ///   - starts: of the other.
    ///   - renumbered: what its words are here; nil where they are the same.
    /// - Throws: `LakeError` (cancelled).
    public mutating func append(
        _ other: CellValues, starts: [Int], from sources: [Int], into targets: [Int],
        cancellation: Cancellation?, renumbered: ((UInt64) -> UInt64)?
    ) throws {
        let more = sources.reduce(0) { $0 + starts[$1 + 1] - starts[$1] }
        reserve(more)
        let isWeighted = weighing == .single && !(other.weights.isEmpty && weights.isEmpty)
        if isWeighted { weigh() }
        var taken = CellValues.stride
        for (source, target) in zip(sources, targets) {
            let range = starts[source]..<starts[source + 1]
            taken += range.count + 1
            if taken > CellValues.stride {
                taken = 0
                try cancellation?.check()
            }
            cells.append(contentsOf: repeatElement(UInt32(truncatingIfNeeded: target), count: range.count))
            if let renumbered {
                for place in range { words.append(renumbered(other.words[place])) }
            } else {
                words.append(contentsOf: other.words[range])
            }
            switch weighing {
            case .none: break
            case .single:
                if !isWeighted { break }
                if other.weights.isEmpty {
                    weights.append(contentsOf: repeatElement(1, count: range.count))
                } else {
                    weights.append(contentsOf: other.weights[range])
                }
            case .double:
                weights.append(contentsOf: other.weights[range])
                others.append(contentsOf: other.others[range])
            }
        }
    }

    /// The same pairs with other words, unsettled.
    public func mapWords(_ transform: (UInt64) -> UInt64) -> CellValues {
        var result = self
        result.words = words.map(transform)
        result.settled = 0
        return result
    }

    // MARK: Spilling

    /// Writes settled pairs.
    public func write(to writer: inout ArrayWriter, cells count: Int) {
        writer.append(starts(cells: count).map { Int64($0) })
        writer.append(words.map { Int64(bitPattern: $0) })
        writer.append(weights)
        writer.append(others)
    }

    /// - Throws: `LakeError` (corrupt) when the bytes are not those of so many cells.
    public mutating func read(from reader: inout ArrayReader, cells count: Int) throws {
        let starts = try reader.integers(count + 1)
        let words = try reader.integers()
        guard starts.first == 0, starts.last == Int64(words.count),
            zip(starts, starts.dropFirst()).allSatisfy({ $0 <= $1 })
        else { throw ArrayReader.damaged }
        self = CellValues(weighing)
        self.words = words.map { UInt64(bitPattern: $0) }
        cells.reserveCapacity(words.count)
        for cell in 0..<count {
            cells.append(
                contentsOf: repeatElement(UInt32(cell), count: Int(starts[cell + 1] - starts[cell])))
        }
        weights = try reader.floats()
        others = try reader.floats(weighing == .double ? words.count : 0)
        guard weights.count == words.count || (weights.isEmpty && weighing != .double) else {
            throw ArrayReader.damaged
        }
        settled = words.count
    }
}
