import LakeCore
import Testing

@testable import LakeTable

@Suite struct SchemaWideningTests {
    private static let all: [DataType] = [
        .bool, .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .float32, .float64, .date, .timestamp,
        .utf8, .binary,
    ]

    @Test func wideningHoldsEveryValueAndIsAnOrder() {
        for narrow in SchemaWideningTests.all {
            #expect(narrow.widens(to: narrow))
            for wide in SchemaWideningTests.all where narrow != wide && narrow.widens(to: wide) {
                #expect(!wide.widens(to: narrow))
                if let small = narrow.integerRange, let large = wide.integerRange, wide != .uint64 {
                    #expect(large.contains(small.lowerBound) && large.contains(small.upperBound))
                }
                for wider in SchemaWideningTests.all where wide.widens(to: wider) {
                    #expect(narrow.widens(to: wider), "\(narrow) \(wide) \(wider)")
                }
                #expect(DataType.list(narrow).widens(to: .list(wide)))
                #expect(!DataType.fixedList(narrow, size: 2).widens(to: .fixedList(wide, size: 3)))
                #expect(!DataType.list(narrow).widens(to: wide))
            }
        }
        #expect(!DataType.int64.widens(to: .float64) && !DataType.int32.widens(to: .float32))
        #expect(DataType.date.widens(to: .timestamp) && !DataType.timestamp.widens(to: .date))
        #expect(!DataType.int8.widens(to: .uint64) && !DataType.uint64.widens(to: .int64))
    }

    @Test(arguments: [
        ("int8", "int64", true), ("int64", "int8", false), ("uint32", "int64", true), ("uint32", "uint64", true),
        ("uint64", "int64", false), ("int64", "uint64", false), ("int32", "float64", true), ("int64", "float64", false),
        ("uint64", "float64", false), ("float32", "float64", true), ("float64", "float32", false),
        ("date", "timestamp", true), ("int16", "float32", true), ("int32", "float32", false),
        ("timestamp", "date", false), ("bool", "int64", false), ("int64", "utf8", false), ("utf8", "int64", false),
        ("utf8", "binary", false), ("list<int8>", "list<int64>", true), ("list<int64>", "list<utf8>", false),
        ("fixed_list<float32, 2>", "fixed_list<float64, 2>", true),
        ("fixed_list<float32, 2>", "fixed_list<float64, 3>", false),
        ("int64", "int64", true), ("date", "int64", false),
    ])
    func lattice(old: String, new: String, allowed: Bool) throws {
        #expect(try DataType(parsing: old).widens(to: DataType(parsing: new)) == allowed)
    }

    private func schema(_ fields: [Field], key: [String] = []) throws -> Schema {
        try Schema(fields: fields, keyGroups: key.isEmpty ? [] : [KeyGroup(name: "k", key: key, columns: key)])
    }

    @Test func whatMayAndMayNotChange() throws {
        let a = Field(id: 1, name: "a", type: .int8, nullable: false)
        let b = Field(id: 2, name: "b", type: .utf8)
        let base = try schema([a, b], key: ["b"])
        let renamed = Field(id: 2, name: "beta", type: .utf8)
        let wider = Field(id: 1, name: "a", type: .int64)
        try base.checkWidening(to: base)
        try base.checkWidening(to: schema([renamed, wider, Field(id: 7, name: "c", type: .bool)], key: ["beta"]))
        for (fields, key) in [
            ([a], []), ([a, b], []), ([a, b], ["a"]), ([a, Field(id: 3, name: "b", type: .utf8)], ["b"]),
            ([a], ["a"]),
            ([a, Field(id: 2, name: "b", type: .int8)], ["b"]),
            ([a, Field(id: 2, name: "b", type: .utf8, nullable: false)], ["b"]),
            ([a, b, Field(id: 3, name: "c", type: .utf8, nullable: false)], ["b"]),
        ] as [([Field], [String])] {
            let other = try schema(fields, key: key)
            #expect(#expect(throws: LakeError.self) { try base.checkWidening(to: other) }?.code == .usage)
        }
    }
}
