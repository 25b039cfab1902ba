import LakeBytes
import LakeCore
import Synchronization

/// One stored column: its directory, dictionary and chunks, each loaded and verified when first asked for.
public final class NodeReader: Sendable {
    public let number: Int
    public let record: NodeRecord
    /// The column's name, for errors.
    public let column: String
    public let chunkCount: Int
    let file: ByteView
    /// Values in the node, when that is known beforehand (not for elements of lists).
    private let valueCount: Int?
    /// For elements: the node of their lists.
    private let listNode: NodeReader?

    private struct Loaded {
        var directory: [DirectoryRecord]?
        var dictionary: ValueDictionary?
        var textDictionary: TextDictionary?
        var counts: ExactCounts?
        var bitmaps: ByteView?
        /// Heads of text chunks; a few bytes per block.
        var texts: [Int: TextHead] = [:]
        var verified: Bitmap
    }
    private let loaded: Mutex<Loaded>
    private let kept = KeptSegments()

    init(
        number: Int, record: NodeRecord, column: String, file: ByteView, chunkCount: Int, valueCount: Int?,
        list: NodeReader?
    ) {
        self.number = number
        self.record = record
        self.column = column
        self.file = file
        self.chunkCount = chunkCount
        self.valueCount = valueCount
        self.listNode = list
        loaded = Mutex(Loaded(verified: Bitmap(count: chunkCount)))
    }

    public var type: DataType { record.role.type }
    public var isDictionaryCoded: Bool { record.isDictionaryCoded }
    /// The code that stands for NULL: the number of dictionary values.
    public var nullCode: UInt32 { UInt32(record.dictionaryCount) }

    func located<Result>(
        chunk: Int? = nil, offset: UInt64? = nil, _ body: () throws -> Result
    ) throws -> Result {
        try locating(.init(file: file.source, column: column, chunk: chunk, offset: offset), body)
    }

    /// Where each chunk is, and its statistics.
    public func directory() throws -> [DirectoryRecord] {
        if let directory = loaded.withLock({ $0.directory }) { return directory }
        let directory = try located { try readDirectory() }
        loaded.withLock { $0.directory = directory }
        return directory
    }

    private func readDirectory() throws -> [DirectoryRecord] {
        let payload = try SegmentPayload(file, at: record.directory, kind: .directory, node: number, chunk: nil).raw
        guard payload.count == chunkCount * DirectoryRecord.size else {
            throw payload.corrupt("a directory of \(payload.count) bytes for \(chunkCount) chunks")
        }
        let records = try (0..<chunkCount).map { try DirectoryRecord(payload, at: $0 * DirectoryRecord.size) }
        if let valueCount {
            for (chunk, record) in records.enumerated() {
                let expected = min(ShardFormat.chunkRows, valueCount - chunk * ShardFormat.chunkRows)
                guard record.count == expected else {
                    throw payload.corrupt("chunk \(chunk) has \(record.count) values and should have \(expected)")
                }
            }
        }
        return records
    }

    /// The distinct values, ascending, of a dictionary-coded node.
    public func dictionary() throws -> ValueDictionary {
        if let dictionary = loaded.withLock({ $0.dictionary }) { return dictionary }
        let dictionary = try located {
            let payload = try SegmentPayload(
                file, at: record.dictionary, kind: .dictionary, node: number, chunk: nil
            ).raw
            return ValueDictionary(
                try DictionaryDecoder.decode(payload, count: record.dictionaryCount, type: type))
        }
        return loaded.withLock {
            if let earlier = $0.dictionary { return earlier }
            $0.dictionary = dictionary
            return dictionary
        }
    }

    func textDictionary() throws -> TextDictionary? {
        guard record.textDictionary != 0 else { return nil }
        if let dictionary = loaded.withLock({ $0.textDictionary }) { return dictionary }
        let dictionary = try located {
            try TextDictionary(
                SegmentPayload(file, at: record.textDictionary, kind: .textDictionary, node: number, chunk: nil).raw)
        }
        loaded.withLock { $0.textDictionary = dictionary }
        return dictionary
    }

    /// Exact numbers of rows per value; nil when the node has none.
    public func counts() throws -> ExactCounts? {
        guard record.counts != 0 else { return nil }
        if let counts = loaded.withLock({ $0.counts }) { return counts }
        let counts = try located {
            let payload = try SegmentPayload(file, at: record.counts, kind: .counts, node: number, chunk: nil).raw
            return try ExactCounts(
                payload, parts: record.role.group == nil ? chunkCount : 1, codeLimit: record.dictionaryCount)
        }
        loaded.withLock { $0.counts = counts }
        return counts
    }

    /// The rows of chunk `chunk` that have the value `code`, from the index; nil when there is no bitmap index.
    public func indexedRows(code: UInt32, chunk: Int, count: Int) throws -> Bitmap? {
        guard record.bitmaps != 0 else { return nil }
        return try located(chunk: chunk) {
            let payload: ByteView
            if let bitmaps = loaded.withLock({ $0.bitmaps }) {
                payload = bitmaps
            } else {
                payload = try SegmentPayload(file, at: record.bitmaps, kind: .bitmaps, node: number, chunk: nil).raw
                guard try payload.load(at: 0) == UInt32(record.dictionaryCount + 1) else {
                    throw payload.corrupt("bitmaps for another number of values than the dictionary has")
                }
                loaded.withLock { $0.bitmaps = payload }
            }
            guard code <= nullCode else { return Bitmap(count: count) }
            let start: UInt64 = try payload.load(at: 8 + 8 * Int(code))
            let end: UInt64 = try payload.load(at: 16 + 8 * Int(code))
            guard start <= end, end <= UInt64(payload.count) else {
                throw payload.corrupt("bitmap offsets that do not ascend")
            }
            let view = try RoaringView(payload.slice(offset: Int(start), count: Int(end - start)))
            return try view.rows(ofChunk: chunk, count: count) ?? Bitmap(count: count)
        }
    }

    /// A chunk's segment, verified once.
    func segment(_ chunk: Int) throws -> DataSegment {
        let directory = try directory()
        guard chunk >= 0, chunk < directory.count else {
            throw LakeError(.corrupt, "no chunk \(chunk)", at: .init(file: file.source, column: column))
        }
        let verified = loaded.withLock { $0.verified[chunk] }
        // Nothing bounds the number of elements but the lengths of their lists: a few bytes could state billions.
        if !verified, let listNode { try listNode.checkElements(directory[chunk].count, chunk: chunk) }
        let segment = try located(chunk: chunk, offset: directory[chunk].offset) {
            let segment = try SegmentPayload(
                file, at: directory[chunk].offset, kind: .data, node: number, chunk: chunk, verified: verified)
            let isCode = isDictionaryCoded || record.role.role == .keyCodes || record.role.role == .rowCounts
            let isKept = isCode && segment.header.codec != .none
            let known = isKept ? kept.values(chunk) : nil
            let data = try DataSegment(segment, expecting: directory[chunk], isCode: isCode, raw: known)
            if isKept, known == nil { kept.keep(data.values, chunk: chunk) }
            guard data.header.encoding != .planes || isDictionaryCoded else {
                throw segment.stored.corrupt("bit planes of what are no codes of a dictionary")
            }
            guard type.physical != .list || data.count == 0 || !data.isAllNull else {
                throw segment.stored.corrupt("lists that are all NULL, without a validity bitmap")
            }
            return data
        }
        if !verified { loaded.withLock { $0.verified[chunk] = true } }
        return segment
    }

    // MARK: Values

    /// The codes of a dictionary-coded node, or the key codes or row counts of a group.
    /// - Throws: `LakeError` (corrupt) also for codes above the number of values.
    public func codes(chunk: Int, into codes: inout [UInt32]) throws {
        let segment = try segment(chunk)
        try located(chunk: chunk, offset: segment.values.absoluteOffset) {
            try CodeDecoder.decode(segment, into: &codes)
            guard isDictionaryCoded, let highest = Aggregation.maximum(codes), highest > nullCode else { return }
            throw segment.values.corrupt("code \(highest) in a dictionary of \(nullCode) values")
        }
    }

    /// A chunk of integers, dates, timestamps, bools or list lengths, decoded; returns which are not NULL.
    public func integers(chunk: Int, into values: inout [Int64]) throws -> Bitmap? {
        let segment = try segment(chunk)
        return try located(chunk: chunk, offset: segment.values.absoluteOffset) {
            try IntegerDecoder.decode(segment, type: type, into: &values)
            return segment.validity
        }
    }

    public func floats(chunk: Int, into values: inout [Double]) throws -> Bitmap? {
        let segment = try segment(chunk)
        return try located(chunk: chunk, offset: segment.values.absoluteOffset) {
            try FloatDecoder.decode(segment, type: type, into: &values)
            return segment.validity
        }
    }

    /// A chunk of text, blocks still compressed.
    public func text(chunk: Int) throws -> TextChunk {
        let dictionary = try textDictionary()
        let location = LakeError.Location(file: file.source, column: column, chunk: chunk)
        if let head = loaded.withLock({ $0.texts[chunk] }) {
            return TextChunk(head, dictionary: dictionary, at: location)
        }
        let segment = try segment(chunk)
        let head = try located(chunk: chunk, offset: segment.values.absoluteOffset) { try TextHead(segment) }
        loaded.withLock { $0.texts[chunk] = head }
        return TextChunk(head, dictionary: dictionary, at: location)
    }

    /// A whole chunk as a vector.
    /// - Parameter elements: for a list, the node of its elements.
    public func vector(chunk: Int, elements: NodeReader? = nil) throws -> ColumnVector {
        if isDictionaryCoded {
            var codes: [UInt32] = []
            try self.codes(chunk: chunk, into: &codes)
            return ColumnVector(.codes(codes, dictionary: try dictionary()))
        }
        switch type.physical {
        case .integer:
            var values: [Int64] = []
            let validity = try integers(chunk: chunk, into: &values)
            return ColumnVector(.integers(values), validity: validity)
        case .float:
            var values: [Double] = []
            let validity = try floats(chunk: chunk, into: &values)
            return ColumnVector(.floats(values), validity: validity)
        case .bytes:
            return try text(chunk: chunk).vector()
        case .list:
            return try list(chunk: chunk, elements: elements)
        }
    }

    private func list(chunk: Int, elements: NodeReader?) throws -> ColumnVector {
        let (offsets, validity) = try listOffsets(chunk: chunk)
        guard let child = try elements?.vector(chunk: chunk) else {
            throw LakeError(.corrupt, "a list without elements", at: .init(file: file.source, column: column))
        }
        try checkElements(child.count, offsets, chunk: chunk)
        return ColumnVector(.lists(offsets: offsets, child: ListChild(child)), validity: validity)
    }

    /// Where the lists of a chunk begin among its elements, and where the last one ends.
    private func listOffsets(chunk: Int) throws -> (offsets: [Int], validity: Bitmap?) {
        var lengths: [Int64] = []
        let validity = try integers(chunk: chunk, into: &lengths)
        var fixed: Int64?
        if case .fixedList(_, let size) = type { fixed = Int64(size) }
        var offsets = [0]
        offsets.reserveCapacity(lengths.count + 1)
        var end = 0
        for (index, length) in lengths.enumerated() {
            let isNull = validity.map { !$0[index] } ?? false
            guard length >= 0, length <= Int64(Int32.max) - Int64(end), length == fixed ?? (isNull ? 0 : length) else {
                throw try wrongElements("list \(index) cannot have \(length) elements", chunk: chunk)
            }
            end += Int(length)
            offsets.append(end)
        }
        return (offsets, validity)
    }

    private func checkElements(_ count: Int, _ offsets: [Int], chunk: Int) throws {
        guard offsets.last == count else {
            throw try wrongElements("\(count) elements for lists of \(offsets.last ?? 0) in all", chunk: chunk)
        }
    }

    /// Checks that a chunk's lists have `count` elements in all.
    fileprivate func checkElements(_ count: Int, chunk: Int) throws {
        try checkElements(count, try listOffsets(chunk: chunk).offsets, chunk: chunk)
    }

    private func wrongElements(_ message: String, chunk: Int) throws -> LakeError {
        LakeError(
            .corrupt, message,
            at: .init(file: file.source, column: column, chunk: chunk, offset: try directory()[chunk].offset))
    }

    /// All values of a key domain's node, chunk after chunk.
    public func allVectors() throws -> [ColumnVector] {
        try (0..<chunkCount).map { try vector(chunk: $0) }
    }

    /// The values of the keys `keys` of a key domain's node. Few keys are read without decoding the column.
    public func vector(keys: [UInt32]) throws -> ColumnVector {
        if isDictionaryCoded {
            let codes = keys.count < 256 ? try self.codes(ofFew: keys) : Aggregation.gather(try allCodes(), keys)
            return ColumnVector(.codes(codes, dictionary: try dictionary()))
        }
        if type.physical == .bytes {
            var texts: [Int: TextChunk] = [:]
            var (strings, validity) = (ByteStrings(), Bitmap())
            for key in keys {
                let (chunk, row) = Int(key).quotientAndRemainder(dividingBy: ShardFormat.chunkRows)
                let text = try texts[chunk] ?? self.text(chunk: chunk)
                texts[chunk] = text
                strings.append(try text.value(row))
                validity.append(!text.isNull(row))
            }
            return ColumnVector(.bytes(strings), validity: validity.population == keys.count ? nil : validity)
        }
        var parts: [Int: ColumnVector] = [:]
        for key in keys {
            let chunk = Int(key) / ShardFormat.chunkRows
            if parts[chunk] == nil { parts[chunk] = try vector(chunk: chunk) }
        }
        if parts.count == 1, let (chunk, part) = parts.first {
            return part.gathering(keys.map { Int($0) - chunk * ShardFormat.chunkRows })
        }
        return ColumnVector.joining((0..<chunkCount).map { parts[$0] ?? .nulls(directoryCount($0), of: type) })
            .gathering(keys.map { Int($0) })
    }

    /// Codes of single values, in any order.
    private func codes(ofFew keys: [UInt32]) throws -> [UInt32] {
        var found: [UInt32: UInt32] = [:]
        let perChunk = Dictionary(grouping: Set(keys)) { Int($0) / ShardFormat.chunkRows }
        for (chunk, members) in perChunk {
            let sorted = members.sorted()
            let segment = try segment(chunk)
            let positions = sorted.map { Int32(Int($0) - chunk * ShardFormat.chunkRows) }
            try located(chunk: chunk) {
                guard let last = positions.last, last < segment.count else {
                    throw segment.values.corrupt("a key that is not in its chunk")
                }
                var codes = try CodeDecoder.codes(segment, at: positions) ?? []
                if codes.isEmpty {
                    var all: [UInt32] = []
                    try CodeDecoder.decode(segment, into: &all)
                    codes = Aggregation.pick(all, at: positions)
                }
                for (key, code) in zip(sorted, codes) {
                    guard code <= nullCode else {
                        throw segment.values.corrupt("code \(code) in a dictionary of \(nullCode) values")
                    }
                    found[key] = code
                }
            }
        }
        return keys.map { found[$0] ?? nullCode }
    }

    private func allCodes() throws -> [UInt32] {
        var codes: [UInt32] = []
        try allCodes(into: &codes)
        return codes
    }

    private func directoryCount(_ chunk: Int) -> Int {
        min(ShardFormat.chunkRows, (valueCount ?? 0) - chunk * ShardFormat.chunkRows)
    }

    /// The codes of all chunks.
    public func allCodes(into codes: inout [UInt32]) throws {
        codes.removeAll(keepingCapacity: true)
        var part: [UInt32] = []
        for chunk in 0..<chunkCount {
            try self.codes(chunk: chunk, into: &part)
            codes.append(contentsOf: part)
        }
    }
}
