import LakeBytes
import LakeCore

extension Lake {
    /// Makes a table without rows.
    /// - Throws: `LakeError`: `usage` when `name` cannot be a table's name, `conflict` when the table exists.
    @discardableResult
    public func createTable(
        _ name: String, schema: Schema, details: [String: String] = [:]
    ) throws -> TableDirectory {
        try Lake.checkTableName(name)
        let table = TableDirectory(name: name, lake: self)
        try store.createDirectory(table.versionsPath)
        try store.createDirectory(table.shardsPath)
        for directory in [table.path, tablesPath, path] { try store.syncDirectory(directory) }
        syncAbove()
        _ = try table.commitFirst(schema, details: details)
        return table
    }
}
