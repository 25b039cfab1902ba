import Foundation
import Testing

@Suite struct InterruptTests {
    private static func lake(_ scratch: Scratch) throws -> String {
        let rows = (0..<4_000).map { #"{"n": \#($0), "s": "\#(String(repeating: "some words ", count: 20))\#($0)"}"# }
        return try scratch.lake("t", jsonl: rows.joined(separator: "\n"))
    }

    /// The query stands still because nobody reads what it prints, so the signal is sure to come in its midst.
    @Test func controlCStopsAQuery() throws {
        let scratch = try Scratch()
        let lake = try InterruptTests.lake(scratch)
        let outcome = try Program.shell(
            """
            mkfifo '\(scratch.path("pipe"))'
            sleep 8 < '\(scratch.path("pipe"))' & reader=$!
            $A query '\(lake)' 'SELECT * FROM t' --format csv > '\(scratch.path("pipe"))' & query=$!
            sleep 1
            kill -INT $query
            wait $query
            echo $?
            kill $reader
            """)
        #expect(outcome.lines == ["130"])
        #expect(outcome.notes.contains("cancelled"))
    }

    @Test func rowsAreStreamed() throws {
        let scratch = try Scratch()
        let lake = try InterruptTests.lake(scratch)
        let outcome = try Program.shell(
            "$A query '\(lake)' 'SELECT n FROM t' --format csv | head -3; echo ${PIPESTATUS[0]}")
        #expect(outcome.lines == ["n", "0", "1", "0"])
    }

    @Test func samplesAndMemory() throws {
        let scratch = try Scratch()
        let lake = try InterruptTests.lake(scratch)
        func ask(_ options: String...) throws -> Program.Outcome {
            try Program.run(
                ["query", lake, "SELECT count(*), min(n % 4), max(n % 4) FROM t", "--format", "csv"] + options)
        }
        #expect(try ask("--sample", "10").lines.last?.hasPrefix("10,") == true)
        #expect(try ask("--sample", "10", "--sample-per", "n,s", "--sample-seed=-4").lines.last == "4000,0,3")
        #expect(try ask("--memory", "16M", "--threads", "1").lines.last == "4000,0,3")
        #expect(try ask("--memory", "0.5GiB").status == 0)
        let refused = [
            (["--sample", "0"], "from 1"), (["--sample=-3"], "from 1"),
            (["--sample-seed", "3"], "--sample ROWS"),
            (["--sample", "5", "--sample-per", "n,,s"], "commas"),
            (["--sample", "5", "--sample-per", "nn"], "no column"),
            (["--memory", "12"], "16M at least"), (["--memory", "lots"], "512M"),
        ]
        for (options, message) in refused {
            let outcome = try Program.run(["query", lake, "SELECT n FROM t"] + options)
            #expect(outcome.status == 64, "\(options)")
            #expect(outcome.notes.contains(message), "\(options): \(outcome.notes)")
        }
    }
}
