import Synchronization

/// Counts what has been handed out over the Arrow C interfaces and not been released yet.
enum LiveExports {
    private static let total = Atomic<Int>(0)

    static var count: Int { total.load(ordering: .relaxed) }

    static func began() { total.wrappingAdd(1, ordering: .relaxed) }

    static func ended() { total.wrappingSubtract(1, ordering: .relaxed) }
}
