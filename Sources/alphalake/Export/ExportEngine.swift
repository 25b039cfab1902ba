import AlphaAds
import LakeBytes
import LakeQuery
import LakeTable

/// The engine that exports and dataset cards ask: the one place where it is made.
enum ExportEngine {
    static func make(
        _ lake: Lake, at selector: VersionSelector, workers: Int, memory: Int = MemoryBudget.standard
    ) throws -> QueryEngine {
        QueryEngine(lake: lake, at: selector, workers: workers, memory: memory, derived: SamplePrompts.derived)
    }
}
