import CArrow
import Foundation
import LakeBytes
import LakeCore
import LakeShard
import LakeTable
import Testing

@testable import LakeFFI

/// A lake with a table `t` of 150,000 rows in two shards, and what the C functions say about it.
final class ArrowLake {
    static let rows = 150_000
    let path = NSTemporaryDirectory() + "alphalake-ffi-" + UUID().uuidString
    private(set) var handle: alphalake_handle = 0

    init() throws {
        let lake = try Lake.create(at: path)
        let names = ["id", "word", "weight"]
        let types: [DataType] = [.int64, .utf8, .float64]
        let schema = try Schema(fields: names.indices.map { Field(id: $0 + 1, name: names[$0], type: types[$0]) })
        let table = try lake.createTable("t", schema: schema)
        for first in stride(from: 0, to: ArrowLake.rows, by: ArrowLake.rows / 2) {
            let writer = TableWriter(table: table, schema: schema)
            let ids = (first..<(first + ArrowLake.rows / 2)).map { Int64($0) }
            let words = ids.map { "word \($0 % 9 + Int64(first))" }
            var valid = Bitmap(count: ids.count, filled: true)
            for row in stride(from: 0, to: ids.count, by: 10) { valid[row] = false }
            let columns = [
                ColumnVector(.integers(ids)), ColumnVector(.bytes(ByteStrings(words)), validity: valid),
                ColumnVector(.floats(ids.map { Double($0) / 8 })),
            ]
            try writer.append(Batch(count: ids.count, columns: columns))
            _ = try table.commit(.append(try writer.finish()), over: try table.manifest())
        }
        var error = alphalake_error()
        #expect(alphalake_open(path, 2, 0, &handle, &error) == 0)
    }

    deinit {
        _ = alphalake_close(handle)
        try? FileManager.default.removeItem(atPath: path)
    }

    /// A stream of a query's rows, and its run.
    func stream(_ sql: String) -> (stream: ArrowArrayStream, run: alphalake_handle) {
        var (error, query, run) = (alphalake_error(), alphalake_handle(), alphalake_handle())
        var stream = ArrowArrayStream()
        #expect(alphalake_prepare(handle, sql, &query, &error) == 0)
        #expect(alphalake_stream(query, &stream, &run, &error) == 0)
        #expect(alphalake_close(query) == 0)
        return (stream, run)
    }
}

private func string(_ pointer: UnsafePointer<CChar>?) -> String { pointer.map { String(cString: $0) } ?? "" }

/// Nothing here runs side by side: what is live is counted over the whole process.
@Suite(.serialized) struct StreamTests {
    /// What other tests have left: changed structures are not always given back.
    private let before = alphalake_live_exports()

    private let lake: ArrowLake

    init() throws { lake = try ArrowLake() }

    /// The lengths of all batches, each released at once.
    private func drain(_ stream: inout ArrowArrayStream, atMost: Int = .max) -> (rows: [Int64], status: Int32) {
        var rows: [Int64] = []
        while rows.count < atMost {
            var array = ArrowArray()
            let status = stream.get_next(&stream, &array)
            guard status == 0, array.release != nil else { return (rows, status) }
            rows.append(array.length)
            array.release(&array)
            #expect(array.release == nil)
        }
        return (rows, 0)
    }

    @Test func allRowsComeAndAllIsReleased() {
        var (stream, run) = lake.stream("SELECT id, word, weight FROM t")
        var schema = ArrowSchema()
        #expect(stream.get_schema(&stream, &schema) == 0)
        #expect(String(cString: schema.format) == "+s")
        #expect(schema.n_children == 3)
        #expect((0..<3).map { String(cString: schema.children[$0]!.pointee.name) } == ["id", "word", "weight"])
        #expect((0..<3).map { String(cString: schema.children[$0]!.pointee.format) } == ["l", "i", "g"])
        #expect(String(cString: schema.children[1]!.pointee.dictionary.pointee.format) == "u")
        schema.release(&schema)
        #expect(schema.release == nil)
        let (rows, status) = drain(&stream)
        #expect(status == 0)
        #expect(rows.reduce(0, +) == ArrowLake.rows)
        #expect(alphalake_rows(run) == ArrowLake.rows)
        // The end stays the end.
        #expect(drain(&stream).rows.isEmpty)
        stream.release(&stream)
        #expect(stream.release == nil)
        #expect(alphalake_close(run) == 0)
        #expect(alphalake_live_exports() - before == 0)
    }

    @Test func childrenMayBeMovedOut() {
        var (stream, run) = lake.stream("SELECT id, word FROM t LIMIT 100")
        var array = ArrowArray()
        #expect(stream.get_next(&stream, &array) == 0)
        var child = array.children[1]!.pointee
        array.children[1]!.pointee.release = nil
        array.release(&array)
        stream.release(&stream)
        #expect(alphalake_close(run) == 0)
        #expect(child.length == 100)
        #expect(child.null_count == 10)
        #expect(child.dictionary.pointee.length == 9)
        #expect(alphalake_live_exports() - before == 2)
        child.release(&child)
        #expect(alphalake_live_exports() - before == 0)
    }

    @Test func streamsMayBeLeftAtAnyPoint() {
        for taken in 0..<40 {
            var (stream, run) = lake.stream("SELECT * FROM t WHERE id % 3 = 0")
            if taken % 2 == 0 { _ = alphalake_close(run) }
            _ = drain(&stream, atMost: taken % 4)
            stream.release(&stream)
            if taken % 2 == 1 { #expect(alphalake_close(run) == 0) }
        }
        #expect(alphalake_live_exports() - before == 0)
    }

    @Test func cancelledRunsSaySo() {
        var (stream, run) = lake.stream("SELECT * FROM t")
        #expect(drain(&stream, atMost: 1).rows.count == 1)
        #expect(alphalake_cancel(run) == 0)
        #expect(alphalake_wait(run, 0) == 1)
        for _ in 0..<2 {
            #expect(drain(&stream) == ([], ECANCELED))
            #expect(string(stream.get_last_error(&stream)) == "the query was cancelled")
        }
        stream.release(&stream)
        #expect(alphalake_close(run) == 0)
    }

    /// Rows by their numbers in shards that are open come from the calling thread.
    @Test func briefRunsAreLikeOthers() {
        let sql = "SELECT id, word FROM t WHERE rowid IN (3, 80000)"
        for _ in 0..<3 {
            var (stream, run) = lake.stream(sql)
            while alphalake_wait(run, 10) == 0 {}
            #expect(drain(&stream).rows.reduce(0, +) == 2)
            #expect(drain(&stream) == ([], 0))
            #expect(alphalake_rows(run) == 2)
            stream.release(&stream)
            #expect(alphalake_close(run) == 0)
        }
        var (stream, run) = lake.stream(sql)
        #expect(alphalake_cancel(run) == 0)
        for _ in 0..<2 { #expect(drain(&stream) == ([], ECANCELED)) }
        stream.release(&stream)
        #expect(alphalake_close(run) == 0)
        (stream, run) = lake.stream("SELECT CAST(word AS INTEGER) FROM t WHERE rowid = 3")
        for _ in 0..<2 {
            #expect(drain(&stream).status != 0)
            #expect(string(stream.get_last_error(&stream)).contains("word"))
        }
        stream.release(&stream)
        #expect(alphalake_close(run) == 0)
        #expect(alphalake_live_exports() - before == 0)
    }

    @Test func failuresStayFailures() {
        var (stream, run) = lake.stream("SELECT CAST(word AS INTEGER) FROM t")
        var error = alphalake_error()
        for _ in 0..<2 {
            #expect(drain(&stream).status != 0)
            #expect(string(stream.get_last_error(&stream)).contains("word"))
            #expect(alphalake_run_error(run, &error) != 0)
            #expect(error.code != 0)
            #expect(string(error.message).contains("word"))
        }
        alphalake_error_release(&error)
        #expect(error.message == nil)
        stream.release(&stream)
        #expect(alphalake_close(run) == 0)
        #expect(alphalake_live_exports() - before == 0)
    }

    @Test func waitingNeitherBlocksNorLies() {
        var (stream, run) = lake.stream("SELECT count(*) FROM t WHERE word LIKE '%7%'")
        while alphalake_wait(run, 10) == 0 {}
        #expect(alphalake_wait(run, -5) == 1)
        #expect(drain(&stream).rows == [1])
        stream.release(&stream)
        #expect(alphalake_wait(run, 1_000) == 1)
        #expect(alphalake_close(run) == 0)
        #expect(alphalake_wait(run, 0) == -1)
    }

    @Test func badArgumentsAreRefused() {
        var error = alphalake_error()
        var (other, text) = (alphalake_handle(), UnsafeMutablePointer<CChar>?.none)
        var (schema, stream) = (ArrowSchema(), ArrowArrayStream())
        let invalid: [CChar] = [CChar(bitPattern: 0xFF), 0]
        let statuses = [
            alphalake_open(nil, 0, 0, &other, &error), alphalake_open("x", 0, 0, nil, &error),
            alphalake_open(lake.path, -1, 0, &other, &error), alphalake_open(lake.path, 0, 1 << 20, &other, &error),
            alphalake_open(lake.path, 0, -1, &other, &error), alphalake_open(invalid, 0, 0, &other, nil),
            alphalake_tables(lake.handle, nil, &error), alphalake_tables(1 << 60, &text, &error),
            alphalake_table_schema(lake.handle, nil, &schema, &error),
            alphalake_table_schema(lake.handle, "t", nil, &error),
            alphalake_table_schema(lake.handle, "../t", &schema, &error),
            alphalake_prepare(0, "SELECT 1", &other, &error), alphalake_prepare(lake.handle, nil, &other, &error),
            alphalake_prepare(lake.handle, "SELECT", &other, nil), alphalake_prepare(lake.handle, "", nil, &error),
            alphalake_query_schema(lake.handle, &schema, &error), alphalake_query_schema(0, nil, nil),
            alphalake_stream(lake.handle, &stream, nil, &error), alphalake_stream(0, nil, nil, nil),
            alphalake_cancel(lake.handle), alphalake_run_error(0, &error), alphalake_close(0),
        ]
        #expect(statuses == statuses.map { _ in 64 })
        alphalake_error_release(&error)
        alphalake_error_release(nil)
        alphalake_text_release(nil)
        #expect(alphalake_rows(lake.handle) == -1)
        #expect(alphalake_wait(0, 1) == -1)
        #expect(string(alphalake_version()) == alphaLakeVersion)
        #expect(alphalake_live_exports() - before == 0)
    }

    @Test func tablesAndTheirColumns() {
        var (error, text) = (alphalake_error(), UnsafeMutablePointer<CChar>?.none)
        #expect(alphalake_tables(lake.handle, &text, &error) == 0)
        #expect(text.map { String(cString: $0) } == "[\"t\"]")
        alphalake_text_release(text)
        var schema = ArrowSchema()
        #expect(alphalake_table_schema(lake.handle, "t", &schema, &error) == 0)
        #expect(schema.n_children == 3)
        schema.release(&schema)
        #expect(alphalake_table_schema(lake.handle, "nothing", &schema, &error) == 66)
        #expect(string(error.hint).contains("tables are t"))
        alphalake_error_release(&error)
        #expect(alphalake_live_exports() - before == 0)
    }
}
