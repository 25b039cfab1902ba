import CSimdjson
import LakeBytes
import LakeCore

// The one file of this room with unsafe pointers: the border to the C++ shim (Sources/CLibraries/CSimdjson). Buffers of
// the shim are copied into arrays here and never leave; bytes go in for the length of one call.

/// Conversions that need the shim but no state.
enum SimdjsonBridge {
    /// The double nearest to the number `start..<end` of `bytes`; nil beyond float64.
    static func double(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Double? {
        var value = 0.0
        let isGood = bytes.extracting(start..<end).withUnsafeBufferPointer { text in
            csj_parse_double(text.baseAddress, text.count, &value)
        }
        return isGood ? value : nil
    }

    fileprivate static func array<Element>(_ start: UnsafePointer<Element>?, _ count: Int) -> [Element] {
        Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
    }

    fileprivate static func positions(_ start: UnsafePointer<Int64>?, _ count: Int) -> [Int] {
        guard let start else { return [] }
        return start.withMemoryRebound(to: Int.self, capacity: count) {
            Array(UnsafeBufferPointer(start: $0, count: count))
        }
    }

    fileprivate static func text(_ start: UnsafePointer<UInt8>?, _ count: Int) -> String {
        String(decoding: UnsafeBufferPointer(start: start, count: start == nil ? 0 : count), as: UTF8.self)
    }

    fileprivate static func refusals(
        _ entries: UnsafePointer<csj_refusal>?, _ count: Int, _ text: UnsafePointer<UInt8>?
    ) -> [JSONRefusal] {
        UnsafeBufferPointer(start: entries, count: entries == nil ? 0 : count).map { entry in
            JSONRefusal(
                line: Int(entry.line), code: Int(entry.code),
                detail: SimdjsonBridge.text(text.map { $0 + entry.text_start }, entry.text_length))
        }
    }
}

/// How records stand in a JSON input.
enum JSONLayout: Sendable {
    case lines, values

    fileprivate var code: Int32 { self == .lines ? Int32(CSJ_LINES) : Int32(CSJ_VALUES) }
}

/// A record that was no row, with a CSJ_ code.
struct JSONRefusal: Sendable {
    var line: Int
    var code: Int
    var detail: String
}

/// A value of another kind than its column's; `element` is its place in the child of a list.
struct JSONException: Sendable {
    var row: Int
    var column: Int
    var element: Int?
    var saw: Int
    var text: [UInt8]
}

/// A column as the shim has filled it: `integers`, `floats` or `strings` by its kind, and a child for lists.
struct JSONColumn: Sendable {
    var count = 0
    var validity: Bitmap?
    var integers: [Int64] = []
    var floats: [Double] = []
    var strings = ByteStrings()
    var child: [JSONColumn] = []
}

/// Rows on their way from JSON to a batch.
struct JSONBlock: Sendable {
    var count: Int
    var lines: [Int64]
    var columns: [JSONColumn]
    var exceptions: [JSONException]
    var refusals: [JSONRefusal]
}

/// Parses JSON records against the columns of a schema.
final class JSONRowParser {
    private let rows: OpaquePointer
    private let kinds: [(kind: Int, element: Int)]

    /// - Throws: `LakeError` (failed) when there is no memory.
    init(fields: [Field], layout: JSONLayout, refusesUnknown: Bool) throws(LakeError) {
        kinds = fields.map { (JSONRowParser.kind($0.type), JSONRowParser.kind($0.type.element ?? .utf8)) }
        var names: [UInt8] = []
        var columns: [csj_column] = []
        for field in fields { names.append(contentsOf: field.name.utf8) }
        for (field, kind) in zip(fields, kinds) {
            let limits = (field.type.element ?? field.type).integerLimits
            var size: Int64 = 0
            if case .fixedList(_, let count) = field.type { size = Int64(count) }
            columns.append(
                csj_column(
                    name: nil, name_length: field.name.utf8.count, kind: Int32(kind.kind), element: Int32(kind.element),
                    low: limits.low, high: limits.high, fixed_size: size))
        }
        let made = names.withUnsafeBufferPointer { text in
            var start = 0
            for index in columns.indices {
                columns[index].name = text.baseAddress.map { $0 + start }
                start += columns[index].name_length
            }
            return csj_rows_new(columns, columns.count, layout.code, refusesUnknown)
        }
        guard let made else { throw LakeError(.failed, "out of memory for \(fields.count) columns") }
        rows = made
    }

    deinit {
        csj_rows_free(rows)
    }

    private static func kind(_ type: DataType) -> Int {
        switch type {
        case .bool: CSJ_BOOL
        case .float32, .float64: CSJ_FLOAT
        case .utf8: CSJ_TEXT
        case .date, .timestamp, .binary: CSJ_STRING
        case .list, .fixedList: CSJ_LIST
        default: CSJ_INTEGER
        }
    }

    var count: Int { csj_rows_count(rows) }
    var byteCount: Int { csj_rows_bytes(rows) }
    var refusalCount: Int {
        var count = 0
        _ = csj_rows_refusals(rows, &count)
        return count
    }
    /// Lines taken so far.
    var line: Int { Int(csj_rows_line(rows)) - 1 }

    /// Takes whole records from the reader's window. Returns how many bytes it took.
    func parse(_ reader: BlockReader, rowLimit: Int, byteLimit: Int) -> Int {
        reader.buffer.withUnsafeBufferPointer { bytes in
            csj_rows_parse(
                rows, bytes.baseAddress.map { $0 + reader.window.lowerBound }, reader.window.count, reader.isLast,
                rowLimit, byteLimit)
        }
    }

    /// Fields that no column takes, with the number of records that had them.
    var unknownFields: [(name: String, records: Int)] {
        (0..<csj_rows_unknown_count(rows)).map { index in
            var (name, length): (UnsafePointer<UInt8>?, Int) = (nil, 0)
            let records = csj_rows_unknown(rows, index, &name, &length)
            return (SimdjsonBridge.text(name, length), Int(records))
        }
    }

    /// Hands over the rows held and forgets them.
    func take() -> JSONBlock {
        var (exceptionCount, refusalCount, textLength) = (0, 0, 0)
        let text = csj_rows_text(rows, &textLength)
        let exceptions = csj_rows_exceptions(rows, &exceptionCount)
        let refusals = csj_rows_refusals(rows, &refusalCount)
        let block = JSONBlock(
            count: count, lines: SimdjsonBridge.array(csj_rows_lines(rows), count),
            columns: kinds.indices.map(column),
            exceptions: UnsafeBufferPointer(start: exceptions, count: exceptions == nil ? 0 : exceptionCount).map {
                entry in
                JSONException(
                    row: Int(entry.row), column: Int(entry.column),
                    element: entry.element < 0 ? nil : Int(entry.element),
                    saw: Int(entry.saw),
                    text: SimdjsonBridge.array(text.map { $0 + entry.text_start }, entry.text_length))
            },
            refusals: SimdjsonBridge.refusals(refusals, refusalCount, text))
        csj_rows_clear(rows)
        return block
    }

    private func column(_ index: Int) -> JSONColumn {
        var result = convert(csj_rows_column(rows, index), kinds[index].kind)
        if kinds[index].kind == CSJ_LIST { result.child = [convert(csj_rows_child(rows, index), kinds[index].element)] }
        return result
    }

    private func convert(_ buffers: csj_buffers, _ kind: Int) -> JSONColumn {
        var column = JSONColumn(count: buffers.count)
        if buffers.nulls > 0 {
            let words = SimdjsonBridge.array(buffers.validity, (buffers.count + 63) / 64)
            column.validity = Bitmap(words: words, count: buffers.count)
        }
        switch kind {
        case CSJ_BOOL, CSJ_INTEGER: column.integers = SimdjsonBridge.array(buffers.integers, buffers.count)
        case CSJ_FLOAT: column.floats = SimdjsonBridge.array(buffers.floats, buffers.count)
        default:
            let offsets = SimdjsonBridge.positions(buffers.offsets, buffers.count + 1)
            column.strings = ByteStrings(
                offsets: offsets, data: kind == CSJ_LIST ? [] : SimdjsonBridge.array(buffers.bytes, buffers.byte_count))
        }
        return column
    }
}

/// Gathers what JSON records hold, field by field.
final class JSONProfiler {
    private let profile: OpaquePointer
    private let file: String
    /// By position: strings of fields (and of their elements) as classified so far.
    private var strings: [(own: SeenKinds, elements: SeenKinds)] = []

    /// - Throws: `LakeError` (failed) when there is no memory.
    init(file: String, layout: JSONLayout) throws(LakeError) {
        guard let made = csj_profile_new(layout.code) else { throw LakeError(.failed, "out of memory") }
        profile = made
        self.file = file
    }

    deinit {
        csj_profile_free(profile)
    }

    var records: Int { Int(csj_profile_records(profile)) }

    /// Takes whole records from the reader's window. Returns how many bytes it took, and what it refused.
    func parse(_ reader: BlockReader) -> (taken: Int, refusals: [JSONRefusal]) {
        let taken = reader.buffer.withUnsafeBufferPointer { bytes in
            csj_profile_parse(
                profile, bytes.baseAddress.map { $0 + reader.window.lowerBound }, reader.window.count, reader.isLast)
        }
        for index in 0..<csj_profile_count(profile) {
            if index == strings.count { strings.append((SeenKinds(), SeenKinds())) }
            classify(index, elements: false, into: &strings[index].own)
            classify(index, elements: true, into: &strings[index].elements)
        }
        var (count, length) = (0, 0)
        let entries = csj_profile_refusals(profile, &count)
        let refusals = SimdjsonBridge.refusals(entries, count, csj_profile_text(profile, &length))
        csj_profile_clear(profile)
        return (taken, refusals)
    }

    private func classify(_ index: Int, elements: Bool, into seen: inout SeenKinds) {
        var view = csj_field_profile()
        csj_profile_field(profile, index, elements, &view)
        guard view.staged_count > 0 else { return }
        let offsets = SimdjsonBridge.positions(view.staged_offsets, view.staged_count + 1)
        let lines = SimdjsonBridge.array(view.staged_lines, view.staged_count)
        let bytes = SimdjsonBridge.array(view.staged_bytes, view.staged_length)
        seen.classify(ByteStrings(offsets: offsets, data: bytes), lines: lines, file: file)
        if seen.has(.text) { csj_profile_stop_staging(profile, index, elements) }
    }

    /// The fields in order of first appearance.
    var columns: [ColumnProfile] {
        (0..<csj_profile_count(profile)).map { index in
            var column = column(index, elements: false)
            if column.bare.has(.list) { column.elements = [self.column(index, elements: true)] }
            return column
        }
    }

    private func column(_ index: Int, elements: Bool) -> ColumnProfile {
        var view = csj_field_profile()
        csj_profile_field(profile, index, elements, &view)
        var column = ColumnProfile(name: SimdjsonBridge.text(view.name, view.name_length))
        column.bare.minimum = view.minimum
        column.bare.maximum = view.maximum
        let bare: [(Int, ValueKind)] = [
            (CSJ_HAS_NULL, .null), (CSJ_HAS_BOOL, .bool), (CSJ_HAS_INTEGER, .integer),
            (CSJ_HAS_LARGE_INTEGER, .largeInteger), (CSJ_HAS_HUGE_INTEGER, .hugeInteger),
            (CSJ_HAS_NEGATIVE_ZERO, .negativeZero), (CSJ_HAS_REAL, .real), (CSJ_HAS_OVERFLOW, .overflow),
            (CSJ_HAS_LIST, .list), (CSJ_HAS_NESTED, .nested),
        ]
        withUnsafeBytes(of: view.first) { raw in
            let first = raw.bindMemory(to: csj_evidence.self)
            func evidence(_ kind: Int) -> Evidence? {
                let entry = first[kind]
                guard entry.line > 0 else { return nil }
                let text = withUnsafeBytes(of: entry.text) {
                    String(decoding: $0.prefix(entry.text_length), as: UTF8.self)
                }
                return Evidence(file: file, line: Int(entry.line), value: text)
            }
            for (kind, target) in bare { column.bare[target] = evidence(kind) }
            column.strings = elements ? strings[index].elements : strings[index].own
            column.strings[.empty] = evidence(CSJ_HAS_EMPTY)
            column.strings[.text] = column.strings[.text] ?? evidence(CSJ_HAS_TEXT)
        }
        return column
    }
}
