/// Finds the states of a census by the bytes of their names, without making texts of them.
struct RegionNames: Sendable {
    private static let size = 512
    /// Names that the ad library gives states beside their own.
    private static let others = ["Washington, District of Columbia"]

    private let census: Census
    private let names: [[UInt8]]
    private let states: [Int]
    /// By hash: 1 + a position in `names`, or 0.
    private var slots = [UInt8](repeating: 0, count: size)

    init(_ census: Census) {
        self.census = census
        var names: [[UInt8]] = []
        var states: [Int] = []
        for name in census.states + RegionNames.others {
            guard let state = census.state(named: name), !name.isEmpty, names.count < 255 else { continue }
            names.append(Array(name.utf8))
            states.append(state)
        }
        self.names = names
        self.states = states
        for (index, name) in names.enumerated() {
            var slot = RegionNames.slot(name.span, 0, name.count)
            while slots[slot] != 0 { slot = (slot + 1) % RegionNames.size }
            slots[slot] = UInt8(index + 1)
        }
    }

    @inline(__always)
    private static func slot(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Int {
        let count = end - start
        let sum =
            count &* 37 &+ Int(bytes[start]) &* 7 &+ Int(bytes[end - 1]) &* 61 &+ Int(bytes[start + count / 2]) &* 113
            &+ Int(bytes[start + count / 3]) &* 11
        return sum & (size - 1)
    }

    /// The state with exactly this name; nil for others, of which `state(named:)` may know more.
    @inline(__always)
    func state(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Int? {
        guard start < end else { return nil }
        var slot = RegionNames.slot(bytes, start, end)
        while slots[slot] != 0 {
            let index = Int(slots[slot]) - 1
            if RegionNames.equals(bytes, start, end, names[index]) { return states[index] }
            slot = (slot + 1) % RegionNames.size
        }
        return nil
    }

    @inline(__always)
    private static func equals(_ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ name: [UInt8]) -> Bool {
        guard end - start == name.count else { return false }
        for index in 0..<name.count where bytes[start + index] != name[index] { return false }
        return true
    }

    /// The state with this name or another name of it, in any case.
    func state(named name: String) -> Int? { census.state(named: name) }
}
