// LakeTable: many shards as one table, version after version.
//
//     let lake = try Lake.create(at: "lake")                       or Lake.open(at:)
//     let table = try lake.createTable("rows", schema: schema)     or lake.table("rows")
//     let writer = TableWriter(table: table, schema: schema)
//     try writer.append(batch)
//     let base = try table.manifest()
//     try table.commit(.append(writer.finish()), over: base)       durable, or the table is as it was
//     let snapshot = try table.snapshot()                          does not change, and vacuum leaves it alone
//
// | file | what it holds |
// |---|---|
// | Lake, Lake+Create, Lake+Names | the directory of tables, and what may be called how |
// | TableDirectory | one table's files: versions found, read, added up to a manifest |
// | SealedJSON | JSON files whose digest covers every byte |
// | VersionRecord, ShardEntry | what a version's file says |
// | VersionChain, Manifest | versions applied one after the other; what they add up to |
// | VersionSelector | which version is meant: newest, number, tag, time; `lake@12` |
// | Snapshot | a version held open by a lease |
// | Tag, TableDirectory+Tags | versions under names of their own |
// | TableWriter | rows into new shards |
// | Commit, Commit+Publish | changes, rebased over those of other writers and linked to the next number |
// | CompanionEntry, CompanionWriter | further columns of a shard in files of their own |
// | DeletionVector | which rows of a shard are deleted, and the files that say so |
// | Schema+Widening, Schema+Columns, ColumnVector+Widening | which changes of a schema keep old shards readable, and how |
// | Compaction/ | which shards are written anew, their rows as the schema sees them, and their digest |
// | Restore, TableDifference | the rows of an earlier version again; what is different between two |
// | FileHold | new files kept from vacuum until a version lists them |
// | Vacuum, TableVacuum, VacuumReferences | what nothing refers to any more goes |
// | Validation | every version, every shard, every byte |
//
// Invariants (FORMAT.md, The table):
// - A file that has its final name never changes; `link()` alone decides who makes version N.
// - A version is acknowledged when its shards, its file and both directories have been synced.
// - What cannot be told is said, and nothing is removed on doubt: a version that cannot be read is an error, a shard
//   that no version lists is left to vacuum.
