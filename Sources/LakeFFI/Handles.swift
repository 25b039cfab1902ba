import LakeCore
import LakeQuery
import LakeTable
import Synchronization

/// A lake that is open: who asks it, and what it appends to.
final class OpenLake: Sendable {
    let engine: QueryEngine
    let recent = RecentManifests()

    init(_ engine: QueryEngine) { self.engine = engine }
}

/// What numbers stand for on the other side of the C functions. Numbers instead of addresses, so that a closed one is refused.
final class Handles: Sendable {
    static let shared = Handles()

    private struct Open {
        var last: UInt64 = 0
        var items: [UInt64: any Sendable] = [:]
    }

    private let open = Mutex(Open())

    func add(_ item: any Sendable) -> UInt64 {
        open.withLock { open in
            open.last += 1
            open.items[open.last] = item
            return open.last
        }
    }

    /// Forgets a handle; false when there is none.
    func close(_ handle: UInt64) -> Bool {
        // What goes, goes outside of the lock: a run ends its thread.
        open.withLock { $0.items.removeValue(forKey: handle) } != nil
    }

    func item<Item>(_ handle: UInt64, _: Item.Type = Item.self) -> Item? {
        open.withLock { $0.items[handle] } as? Item
    }

    func lake(_ handle: UInt64) throws(LakeError) -> OpenLake { try required(handle, "lake") }

    func engine(_ handle: UInt64) throws(LakeError) -> QueryEngine { try lake(handle).engine }

    func query(_ handle: UInt64) throws(LakeError) -> ArrowQuery { try required(handle, "query") }

    func run(_ handle: UInt64) throws(LakeError) -> ArrowRun { try required(handle, "run") }

    private func required<Item>(_ handle: UInt64, _ kind: String) throws(LakeError) -> Item {
        guard let item = item(handle, Item.self) else {
            throw LakeError(.usage, "there is no open \(kind) with the handle \(handle)", hint: "it may be closed")
        }
        return item
    }
}
