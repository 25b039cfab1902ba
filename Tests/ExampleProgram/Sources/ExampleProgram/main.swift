// Makes a lake, puts a table of answers into it, and asks it a question: what a program does with AlphaLake.
//
//   swift run ExampleProgram LAKE        (LAKE: a directory that does not exist yet)

import LakeBytes
import LakeCore
import LakeQuery
import LakeShard
import LakeTable

guard CommandLine.arguments.count == 2 else {
    print("usage: ExampleProgram LAKE")
    throw LakeError(.usage, "one argument is needed: the directory of the lake to make")
}

// Every respondent answers every question, so region and age follow from the respondent. Declared as a key group they
// are stored once per respondent, not once per answer, and conditions on them are decided once per respondent.
let schema = try Schema(
    fields: [
        Field(id: 1, name: "respondent", type: .int64, nullable: false),
        Field(id: 2, name: "region", type: .utf8, nullable: false),
        Field(id: 3, name: "age", type: .utf8, nullable: false),
        Field(id: 4, name: "question", type: .utf8, nullable: false),
        Field(id: 5, name: "answer", type: .utf8),
    ],
    keyGroups: [KeyGroup(name: "person", key: ["respondent"], columns: ["respondent", "region", "age"])])

let lake = try Lake.create(at: CommandLine.arguments[1])
let table = try lake.createTable("answers", schema: schema)

// Rows are written as batches, one vector per column; shards become part of the table when they are committed, all at
// once or not at all.
let writer = TableWriter(table: table, schema: schema)
try writer.append(answers(respondents: 1_000, questions: 20))
let version = try table.commit(.append(try writer.finish()), over: try table.manifest())
print("version \(version.version) of \(table.name): \(version.rows) rows")

let query = try QueryEngine(lake: lake).prepare(
    """
    SELECT answer, count(*) AS respondents FROM answers
    WHERE question = 'Q7' AND region = 'South' AND age IN ('18-29', '30-49')
    GROUP BY answer ORDER BY answer
    """)
print(query.columns.map(\.name).joined(separator: " | "))
try query.run { batch in
    for row in 0..<batch.count {
        print(batch.columns.map { $0.isNull(row) ? "NULL" : text($0, row) }.joined(separator: " | "))
    }
}

/// Invented answers: every respondent to every question, every tenth of them refused.
func answers(respondents: Int, questions: Int) -> Batch {
    let regions = ["Northeast", "Midwest", "South", "West"]
    let ages = ["18-29", "30-49", "50-64", "65+"]
    let options = ["Agree", "Neither", "Disagree"]
    let count = respondents * questions
    let respondent = (0..<count).map { $0 / questions }
    let question = (0..<count).map { $0 % questions }
    let refused = (0..<count).map { (respondent[$0] + question[$0]) % 10 == 0 }
    var answered = Bitmap(count: count, filled: true)
    for row in 0..<count where refused[row] { answered[row] = false }
    return Batch(
        count: count,
        columns: [
            ColumnVector(.integers(respondent.map { Int64($0) })),
            ColumnVector(.bytes(ByteStrings(respondent.map { regions[$0 % 4] }))),
            ColumnVector(.bytes(ByteStrings(respondent.map { ages[$0 / 4 % 4] }))),
            ColumnVector(.bytes(ByteStrings(question.map { "Q\($0 + 1)" }))),
            ColumnVector(
                .bytes(ByteStrings((0..<count).map { options[respondent[$0] * 7 % 11 % 3] })), validity: answered),
        ])
}

/// A value of a result as text. Text comes as bytes or as positions in a dictionary.
func text(_ column: ColumnVector, _ row: Int) -> String {
    switch column.values {
    case .integers(let values): "\(values[row])"
    case .floats(let values): "\(values[row])"
    case .bytes(let values): values.string(row)
    case .codes(let codes, let dictionary): text(dictionary.values, Int(codes[row]))
    case .lists(let offsets, let child):
        "[" + (offsets[row]..<offsets[row + 1]).map { text(child.vector, $0) }.joined(separator: ", ") + "]"
    }
}
