// LakeIngest: JSONL, JSON and CSV into any table.
//
//     let input = try TableImport(paths: ["ads.jsonl"])          opens, tells formats
//     let plan = try input.plan(existing: nil, declared: nil)    schema: inferred, declared or widened
//     let rows = try input.rows(plan)
//     while let batch = try rows.next() { ... }                  at most 65,536 rows each, in plan.rowSchema
//     rows.report                                                rows, bytes, bad lines with reasons
//
// | file | what it holds |
// |---|---|
// | TableImport, RowReader | the face: plan, rows, report |
// | TextFormat | telling JSONL, JSON and CSV apart, sniffing the delimiter |
// | BlockReader | a sliding window over a file or pipe; memory is bounded by the longest record (256 MiB) |
// | SchemaInference, ColumnProfile, ValueKind | what the inputs hold, and the type that loses none of it |
// | SchemaWidening, SchemaFile | changes that lose nothing of old rows; schemas written by people |
// | JSONRowSource, SimdjsonBridge | records through the C++ shim CSimdjson, block by block |
// | CSVScanner, CSVTable, CSVRowSource | fields by RFC 4180, then a column at a time |
// | CellParser, ColumnBuilder | one strict grammar for values in text, filling typed columns |
// | PendingRows, BadLines | rows that do not fit, and what happens to them |
//
// What the rules are, so that nothing is lost in silence:
// - NULL is a JSON null, an absent field, an empty unquoted CSV field, and an empty text in a column that is not text.
// - Integers are exact up to 64 bits. A column with integers beyond 2^53 and fractions, or with longer integers, is
//   inferred as utf8. Numbers with a point or exponent become the nearest float64; beyond its range they are utf8.
// - `007`, `+5`, `1_000` are texts. `-0`, `NaN` and `inf` are floats.
// - JSON strings are inferred as dates or times when all of a column are, else as utf8; a declared or existing column
//   of another type takes strings that spell its values (the ad API writes numbers as strings).
// - Arrays of scalars are lists. Objects, and arrays that hold objects or arrays, stay JSON text as it was written.
// - Times without offset are UTC; those with one keep their instant, not their offset. Binary is base64.
// - A key that occurs twice in an object is an error of its line, as is a field that came up too late for inference.
// - A file is read as a whole before columns are decided, a pipe up to 64 MiB.
