import LakeBytes
import LakeCore
import LakeShard

extension RowSelection {
    /// How a condition is decided in a shard, in words, and how many rows it lets pass; nil when only reading them tells.
    static func access(_ predicate: Predicate, _ scan: ShardScan) throws -> (way: String, rows: Int?) {
        let node = try plan(predicate, scan)
        let way = ways(node, scan).joined(separator: " and ")
        if case .rows = node { return (way, nil) }
        let share = try share(node, scan)
        let isExact =
            switch node {
            case .nothing, .keys: true
            case .everything, .codes: scan.deleted == nil
            default: false
            }
        return (way, isExact ? Int((share * Double(scan.reader.rowCount)).rounded()) : nil)
    }

    private static func ways(_ node: Node, _ scan: ShardScan) -> [String] {
        switch node {
        case .nothing: ["no row"]
        case .everything: ["every row"]
        case .keys(let group, _): ["keys of \(scan.reader.groups[group].record.name)"]
        case .codes: ["codes of rows"]
        case .numbers: ["row numbers"]
        case .live: ["rows that are not deleted"]
        case .rows: ["values of rows"]
        case .all(let terms), .any(let terms): Set(terms.flatMap { ways($0, scan) }).sorted()
        }
    }
}
