// swift-format-ignore-file: AlwaysUseLowerCamelCase

import AlphaAds
import CArrow
import Glibc
import LakeArrow
import LakeBytes
import LakeCore
import LakeQuery
import LakeTable

// The functions that alphalake.h declares and describes, under its names; the compiler holds them to its declarations. Each
// checks its arguments and reports what it throws.

@c @implementation
public func alphalake_open(
    _ path: UnsafePointer<CChar>?, _ threads: Int32, _ memory: Int64,
    _ lake: UnsafeMutablePointer<alphalake_handle>?, _ error: UnsafeMutablePointer<alphalake_error>?
) -> Int32 {
    ErrorReport.status(error) {
        let place = try Argument.place(lake, "lake")
        place.pointee = 0
        guard (0...1024).contains(threads) else {
            throw LakeError(.usage, "\(threads) threads", hint: "1 to 1024, or 0 for as many as there are cores")
        }
        let limit = memory == 0 ? MemoryBudget.standard : try MemoryBudget(limit: Int(memory)).limit
        let (lake, selector) = try Lake.open(address: try Argument.text(path, "path"))
        let engine = QueryEngine(
            lake: lake, at: selector, workers: threads == 0 ? nil : Int(threads), memory: limit,
            derived: SamplePrompts.derived)
        place.pointee = Handles.shared.add(OpenLake(engine))
    }
}

@c @implementation
public func alphalake_tables(
    _ lake: alphalake_handle, _ json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
    _ error: UnsafeMutablePointer<alphalake_error>?
) -> Int32 {
    ErrorReport.status(error) {
        let place = try Argument.place(json, "json")
        place.pointee = nil
        // A table's name has no character that JSON would escape.
        let engine = try Handles.shared.engine(lake)
        let names = try engine.lake.tables(at: engine.selector).map { "\"\($0)\"" }
        place.pointee = strdup("[" + names.joined(separator: ", ") + "]")
    }
}

@c @implementation
public func alphalake_table_schema(
    _ lake: alphalake_handle, _ table: UnsafePointer<CChar>?, _ schema: UnsafeMutablePointer<ArrowSchema>?,
    _ error: UnsafeMutablePointer<alphalake_error>?
) -> Int32 {
    ErrorReport.status(error) {
        let place = try Argument.place(schema, "schema")
        let engine = try Handles.shared.engine(lake)
        let manifest = try engine.lake.table(try Argument.text(table, "table")).manifest(at: engine.selector)
        SchemaExport.write(manifest.schema.fields.map { ArrowField(name: $0.name, type: $0.type) }, to: place)
    }
}

@c @implementation
public func alphalake_prepare(
    _ lake: alphalake_handle, _ sql: UnsafePointer<CChar>?, _ query: UnsafeMutablePointer<alphalake_handle>?,
    _ error: UnsafeMutablePointer<alphalake_error>?
) -> Int32 {
    ErrorReport.status(error) {
        let place = try Argument.place(query, "query")
        place.pointee = 0
        let engine = try Handles.shared.engine(lake)
        place.pointee = Handles.shared.add(try ArrowQuery(engine.prepare(try Argument.text(sql, "sql"))))
    }
}

@c @implementation
public func alphalake_query_schema(
    _ query: alphalake_handle, _ schema: UnsafeMutablePointer<ArrowSchema>?,
    _ error: UnsafeMutablePointer<alphalake_error>?
) -> Int32 {
    ErrorReport.status(error) {
        let place = try Argument.place(schema, "schema")
        SchemaExport.write(try Handles.shared.query(query).fields, to: place)
    }
}

@c @implementation
public func alphalake_stream(
    _ query: alphalake_handle, _ stream: UnsafeMutablePointer<ArrowArrayStream>?,
    _ run: UnsafeMutablePointer<alphalake_handle>?, _ error: UnsafeMutablePointer<alphalake_error>?
) -> Int32 {
    ErrorReport.status(error) {
        run?.pointee = 0
        let place = try Argument.place(stream, "stream")
        let begun = ArrowRun(try Handles.shared.query(query))
        StreamExport.write(begun, to: place)
        run?.pointee = Handles.shared.add(begun)
    }
}

@c @implementation
public func alphalake_wait(_ run: alphalake_handle, _ milliseconds: Int32) -> Int32 {
    guard let run = Handles.shared.item(run, ArrowRun.self) else { return -1 }
    return run.wait(milliseconds: Int(milliseconds)) ? 1 : 0
}

@c @implementation
public func alphalake_cancel(_ run: alphalake_handle) -> Int32 {
    ErrorReport.status(nil) { try Handles.shared.run(run).cancel() }
}

@c @implementation
public func alphalake_rows(_ run: alphalake_handle) -> Int64 {
    Handles.shared.item(run, ArrowRun.self).map { Int64($0.rows) } ?? -1
}

@c @implementation
public func alphalake_run_error(_ run: alphalake_handle, _ error: UnsafeMutablePointer<alphalake_error>?) -> Int32 {
    ErrorReport.status(error) {
        if let failure = try Handles.shared.run(run).failure { throw failure }
    }
}

@c @implementation
public func alphalake_append(
    _ lake: alphalake_handle, _ table: UnsafePointer<CChar>?, _ stream: UnsafeMutablePointer<ArrowArrayStream>?,
    _ rows: UnsafeMutablePointer<UInt64>?, _ error: UnsafeMutablePointer<alphalake_error>?
) -> Int32 {
    ErrorReport.status(error) {
        rows?.pointee = 0
        let stream = try StreamImport(try Argument.place(stream, "stream"))
        let lake = try Handles.shared.lake(lake)
        try Lake.checkChangeable(lake.engine.lake.path, lake.engine.selector)
        let append = TableAppend(lake, to: try Argument.text(table, "table"))
        rows?.pointee = UInt64(try append.run(stream))
    }
}

@c @implementation
public func alphalake_close(_ handle: alphalake_handle) -> Int32 {
    Handles.shared.close(handle) ? 0 : LakeError(.usage, "no such handle").exitCode
}

@c @implementation
public func alphalake_error_release(_ error: UnsafeMutablePointer<alphalake_error>?) { ErrorReport.clear(error) }

@c @implementation
public func alphalake_text_release(_ text: UnsafeMutablePointer<CChar>?) { free(text) }

@c @implementation
public func alphalake_live_exports() -> Int64 { Int64(LiveExports.count) }

@c @implementation
public func alphalake_version() -> UnsafePointer<CChar>? { UnsafePointer(Version.text) }

/// Lives as long as the process.
private enum Version {
    nonisolated(unsafe) static let text = strdup(alphaLakeVersion)
}
