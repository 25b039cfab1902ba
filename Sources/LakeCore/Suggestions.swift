/// The hint for a name that there is not: `did you mean 'gender'?`, with up to three names that are as near; nil where none
/// is near enough to be meant.
///
/// Misspellings come first: the smallest number of letters that are wrong, missing, too many or exchanged with their
/// neighbour, up to a third of the name. Then names that begin with this one or have it between underscores. Letters are
/// compared without regard to case.
public func suggestion(for name: String, among candidates: [String]) -> String? {
    let near = nearest(to: name, among: candidates).map { "'\($0)'" }
    guard let last = near.last else { return nil }
    return "did you mean " + (near.count == 1 ? last : near.dropLast().joined(separator: ", ") + " or " + last) + "?"
}

/// Up to three candidates that `name` may be meant for, as `suggestion(for:among:)` has them.
public func nearest(to name: String, among candidates: [String]) -> [String] {
    let wanted = name.lowercased()
    let misspelt = candidates.compactMap { candidate -> (name: String, distance: Int)? in
        let other = candidate.lowercased()
        let distance = editDistance(wanted, other)
        return distance <= min(64, max(wanted.utf8.count, other.utf8.count)) / 3 ? (candidate, distance) : nil
    }
    if let least = misspelt.map(\.distance).min() {
        return misspelt.filter { $0.distance == least }.prefix(3).map(\.name)
    }
    guard wanted.utf8.count >= 3 else { return [] }
    let longer = candidates.filter { candidate in
        let other = candidate.lowercased()
        return other.hasPrefix(wanted) || other.split(separator: "_").contains { $0 == wanted }
    }
    return longer.enumerated().sorted { ($0.element.utf8.count, $0.offset) < ($1.element.utf8.count, $1.offset) }
        .prefix(3).map(\.element)
}

/// Letters to be changed, left out, put in or exchanged with their neighbour.
private func editDistance(_ a: String, _ b: String) -> Int {
    let a = Array(a.utf8.prefix(64))
    let b = Array(b.utf8.prefix(64))
    var (previous, row) = ([Int](), Array(0...b.count))
    for i in a.indices {
        var next = [i + 1] + [Int](repeating: 0, count: b.count)
        for j in b.indices {
            next[j + 1] = min(row[j + 1] + 1, next[j] + 1, row[j] + (a[i] == b[j] ? 0 : 1))
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { next[j + 1] = min(next[j + 1], previous[j - 1] + 1) }
        }
        (previous, row) = (row, next)
    }
    return row[b.count]
}
