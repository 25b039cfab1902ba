import LakeQuery
import Synchronization

/// A bar with rate and remaining time on standard error, on a terminal only.
final class Progress: Sendable {
    private struct State {
        var done = 0
        var total: Int?
        var drawn: ContinuousClock.Instant?
    }

    private let title: String
    private let unit: Unit
    private let started = ContinuousClock.now
    private let isShown: Bool
    private let state: Mutex<State>

    /// What is counted.
    enum Unit {
        case bytes
        case things(String)
    }

    /// - Parameter total: nil when it is not known; then there is no bar, only the count and the rate.
    init(_ title: String, total: Int?, unit: Unit, on console: Console) {
        self.title = title
        self.unit = unit
        isShown = console.notes.isTerminal
        state = Mutex(State(total: total))
    }

    /// Seconds since the beginning.
    var elapsed: Double { Progress.seconds(ContinuousClock.now - started) }

    static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }

    /// States how much is done. Called from any thread; draws ten times a second at most.
    /// - Parameter total: where it becomes known on the way.
    func update(done: Int, total: Int? = nil, detail: String = "") {
        guard isShown else { return }
        state.withLock { state in
            state.done = max(state.done, done)
            state.total = total ?? state.total
            let now = ContinuousClock.now
            if let drawn = state.drawn, now - drawn < .milliseconds(100) { return }
            state.drawn = now
            draw(state.done, of: state.total, detail)
        }
    }

    /// Removes the bar. To be called before anything else is printed.
    func finish() {
        guard isShown else { return }
        state.withLock { state in
            guard state.drawn != nil else { return }
            state.drawn = nil
            write("\r\u{1B}[K")
        }
    }

    private func draw(_ done: Int, of total: Int?, _ detail: String) {
        let seconds = elapsed
        var line = title + "  "
        if let total, total > 0 {
            let share = min(1, Double(done) / Double(total))
            let filled = Int(share * 24)
            line += String(repeating: "█", count: filled) + String(repeating: "░", count: 24 - filled)
            line += " \(Int(share * 100))%  "
        }
        line += amount(done)
        if seconds > 0.5, done > 0 {
            let rate = Double(done) / seconds
            line += "  " + amount(Int(rate)) + "/s"
            if let total, done < total {
                line += "  " + Quantities.time(seconds: Double(total - done) / rate) + " left"
            }
        }
        if !detail.isEmpty { line += "  " + detail }
        let width = StandardStream(descriptor: 2).width ?? 80
        while displayWidth(line) >= width, !line.isEmpty { line.removeLast() }
        write("\r" + line + "\u{1B}[K")
    }

    private func amount(_ number: Int) -> String {
        switch unit {
        case .bytes: Quantities.bytes(number)
        case .things(let noun): Quantities.count(number, noun)
        }
    }

    private func write(_ text: String) {
        let stream = StandardStream(descriptor: 2)
        try? stream.write(text)
        try? stream.flush()
    }
}
