import LakeBytes
import LakeCore

extension ShardReader {
    /// The values of a field for all keys of a group that stores it.
    /// - Throws: `LakeError` (corrupt) when the group does not.
    public func keys(ofField field: Int, group: Int) throws -> ColumnVector {
        guard let node = try node(ofField: field, group: group) else {
            let name = field < fields.count ? "column '\(fields[field].name)'" : "a column of a companion"
            throw file.corrupt("\(name) is not in its key group")
        }
        guard node.isDictionaryCoded else { return .joining(try node.allVectors()) }
        var codes: [UInt32] = []
        try node.allCodes(into: &codes)
        return ColumnVector(.codes(codes, dictionary: try node.dictionary()))
    }
}

extension KeyGroupReader {
    /// For a nested group: the parent's key of each key.
    public func parents() throws -> [UInt32] {
        let firsts = try parentFirsts()
        return Aggregation.expanded(Array(0..<UInt32(firsts.count - 1)), ends: Array(firsts.dropFirst()))
    }
}
