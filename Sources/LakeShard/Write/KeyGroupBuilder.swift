import LakeBytes
import LakeCore

/// The keys of one group in a shard being written, and the key of each of its rows.
final class KeyGroupBuilder {
    let group: Int
    let parent: Int?
    /// The fields of the group's columns and the positions of the key's own among them.
    let fields: [Int]
    private let keyPositions: [Int]

    private(set) var interners: [ValueInterner]
    /// Per column the number of its value in each key.
    private(set) var numbers: [[UInt32]]
    private(set) var parents: [UInt32] = []
    /// The key of each row of the shard.
    private(set) var codes: [UInt32] = []
    private(set) var keyCount = 0
    private var tuples: [IntegerInterner]

    init(group: Int, schema: Schema, plan: NodePlan) {
        self.group = group
        parent = plan.parents[group]
        fields = plan.groupFields[group]
        let declared = schema.keyGroups[group]
        keyPositions = declared.key.compactMap { declared.columns.firstIndex(of: $0) }
        interners = fields.map { ValueInterner(type: schema.fields[$0].type) }
        numbers = fields.map { _ in [] }
        tuples = keyPositions.map { _ in IntegerInterner() }
    }

    /// Whether storing the columns per key pays: fewer than half as many keys as rows.
    var isWorthwhile: Bool { keyCount * 2 <= codes.count || codes.count < 256 }

    /// Bytes that its keys' values take.
    var heldBytes: Int { interners.reduce(keyCount * 4 * fields.count) { $0 + $1.byteCount } }

    // MARK: Rows that are factored already

    /// Takes over the keys of `table` that the rows `range` use.
    /// - Parameters:
    ///   - used: the key of each row, a position in `table`.
    ///   - parentCodes: for a nested group, the shard's code of each row's parent key.
    /// - Throws: `LakeError` (failed) when positions are out of range or a key is not its row's parent's.
    func append(
        _ table: KeyTable, used: [UInt32], _ range: Range<Int>, renumberedParents: [UInt32],
        parentCodes: ArraySlice<UInt32>
    ) throws -> [UInt32] {
        var isUsed = Bitmap(count: table.count)
        for row in range {
            guard Int(used[row]) < table.count else { throw inconsistent("names key \(used[row]) of \(table.count)") }
            isUsed[Int(used[row])] = true
        }
        var renumbered = [UInt32](repeating: ValueInterner.null, count: table.count)
        var runStart: Int?
        for key in 0...table.count {
            let isIn = key < table.count && isUsed[key]
            if isIn {
                renumbered[key] = UInt32(keyCount)
                keyCount += 1
                if let tableParents = table.parents {
                    let tableParent = Int(tableParents[key])
                    guard tableParent < renumberedParents.count else { throw inconsistent("names no parent key") }
                    parents.append(renumberedParents[tableParent])
                }
                runStart = runStart ?? key
            } else if let start = runStart {
                for column in fields.indices {
                    interners[column].intern(table.columns[column], start..<key, onto: &numbers[column])
                }
                runStart = nil
            }
        }
        codes.reserveCapacity(codes.count + range.count)
        for row in range { codes.append(renumbered[Int(used[row])]) }
        if parent != nil {
            for (code, parentCode) in zip(codes.suffix(range.count), parentCodes)
            where parents[Int(code)] != parentCode {
                throw inconsistent("nests a key in another parent than its row has")
            }
        }
        return renumbered
    }

    private func inconsistent(_ what: String) -> LakeError {
        LakeError(.failed, "key group \(group): a block of rows \(what)", hint: "the importer that made it is wrong")
    }

    // MARK: Plain rows

    /// Finds the key of each row of `range`.
    /// - Parameters:
    ///   - columns: the table's columns.
    ///   - parentCodes: for a nested group, the parent's code of each row.
    /// - Returns: false, and nothing changed in `codes`, when a column turns out not to depend on the key.
    func append(_ columns: [ColumnVector], _ range: Range<Int>, parentCodes: ArraySlice<UInt32>) -> Bool {
        var values = fields.map { _ in [UInt32]() }
        for column in fields.indices {
            interners[column].intern(columns[fields[column]], range, onto: &values[column])
        }
        var found: [UInt32] = []
        found.reserveCapacity(range.count)
        for row in 0..<range.count {
            var accumulated = parent == nil ? 0 : Int64(parentCodes[parentCodes.startIndex + row])
            for (level, position) in keyPositions.enumerated() {
                let pair = accumulated << 32 | Int64(values[position][row])
                accumulated = Int64(tuples[level].intern(pair))
            }
            let code = Int(accumulated)
            if code == keyCount {
                for column in fields.indices { numbers[column].append(values[column][row]) }
                if parent != nil { parents.append(parentCodes[parentCodes.startIndex + row]) }
                keyCount += 1
            } else {
                for column in fields.indices where numbers[column][code] != values[column][row] { return false }
            }
            found.append(UInt32(code))
        }
        codes.append(contentsOf: found)
        return true
    }

    // MARK: Keys of another shard

    /// Takes over keys of `table` that are not here yet.
    /// - Parameters:
    ///   - live: the keys to take; nil for all.
    ///   - parents: for a nested group, the code here of each key's parent.
    /// - Returns: the code of each key here, `ValueInterner.null` for those left out; nil when a column turns out not to depend
    ///   on the key.
    func merge(_ table: KeyTable, live: Bitmap?, parents tableParents: [UInt32]) -> [UInt32]? {
        var values = fields.map { _ in [UInt32]() }
        for column in fields.indices {
            interners[column].intern(table.columns[column], 0..<table.count, onto: &values[column])
        }
        var renumbered = [UInt32](repeating: ValueInterner.null, count: table.count)
        for key in 0..<table.count where live?[key] != false {
            var accumulated = parent == nil ? 0 : Int64(tableParents[key])
            for (level, position) in keyPositions.enumerated() {
                accumulated = Int64(tuples[level].intern(accumulated << 32 | Int64(values[position][key])))
            }
            let code = Int(accumulated)
            if code == keyCount {
                for column in fields.indices { numbers[column].append(values[column][key]) }
                if parent != nil { parents.append(tableParents[key]) }
                keyCount += 1
            } else {
                for column in fields.indices where numbers[column][code] != values[column][key] { return nil }
            }
            renumbered[key] = UInt32(code)
        }
        return renumbered
    }

    /// Appends rows by the codes of their keys.
    func append(codes more: [UInt32], _ range: Range<Int>) { codes.append(contentsOf: more[range]) }

    // MARK: Out

    /// The column at `position` of the group, expanded to the rows `range` of the shard.
    func expanded(_ position: Int, _ range: Range<Int>) -> ColumnVector {
        let column = numbers[position]
        return ColumnVector(
            .codes(codes[range].map { column[Int($0)] }, dictionary: ValueDictionary(interners[position].values)))
    }

    /// The order in which the keys are stored: a nested group's stand together by parent.
    /// - Parameter parentPositions: where the parent group stores each of its keys.
    func order(parentPositions: [UInt32]) -> [Int] {
        guard parent != nil else { return Array(0..<keyCount) }
        return (0..<keyCount).sorted {
            let (a, b) = (parentPositions[Int(parents[$0])], parentPositions[Int(parents[$1])])
            return a == b ? $0 < $1 : a < b
        }
    }
}
