import AlphaAds
import LakeBytes
import LakeCore
import LakeShard
import LakeTable

/// Samples on their way into shards: gathered until one is full, and then written by task.
final class SampleWriting {
    private let table: TableDirectory
    private let schema: Schema
    private let options: ShardOptions
    private let tags: [String: String]
    private var block = SampleBlock()
    private var shards: [NewShard] = []
    private(set) var rows = 0
    /// By task.
    private(set) var counts = [Int](repeating: 0, count: SampleTask.allCases.count)

    init(table: TableDirectory, schema: Schema, tags: [String: String], workers: Int) throws {
        self.table = table
        self.schema = schema
        self.tags = tags
        var options = ShardOptions()
        options.workers = workers
        self.options = options
    }

    func append(_ made: MadePage) throws {
        guard made.count > 0 else { return }
        if block.count + made.count > ShardFormat.maximumRows { try flush() }
        block.append(made)
        rows += made.count
    }

    private func flush() throws {
        guard block.count > 0 else { return }
        for (task, count) in block.counts.enumerated() { counts[task] += count }
        let writer = TableWriter(table: table, schema: schema, options: options, tags: tags)
        shards += try writer.writing { writer in
            try writer.append(block.count, keys: [block.keys]) { append in
                try block.forEachPiece { codes, columns in
                    try Interruption.cancellation.check()
                    try append([codes], columns)
                }
            }
        }
        block = block.emptied()
    }

    func finish() throws -> [NewShard] {
        try flush()
        return shards
    }

    /// Removes what was written, where it is not going to be committed.
    func abandon() {
        for shard in shards { try? table.store.remove(table.shardPath(shard.file)) }
    }
}
