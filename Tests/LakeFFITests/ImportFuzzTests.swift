import CArrow
import LakeArrow
import LakeBytes
import LakeCore
import LakeShard
import Testing

@testable import LakeFFI

extension StreamTests {
    /// Foreign arrays that were changed at random, as far as the interface lets a reader notice: they are refused or read, and
    /// nothing else happens.
    @Suite struct ImportFuzzTests {
        private static let rows = 100

        /// A column of each kind with NULLs.
        private static func vectors() -> [(DataType, ColumnVector, isDictionary: Bool)] {
            var valid = Bitmap(count: rows, filled: true)
            for row in stride(from: 0, to: rows, by: 7) { valid[row] = false }
            let integers = ColumnVector(.integers((0..<rows).map { Int64($0 % 50) }), validity: valid)
            let floats = ColumnVector(.floats((0..<rows).map { Double($0) / 4 }), validity: valid)
            let text = ColumnVector(.bytes(ByteStrings((0..<rows).map { "é\($0 % 9)" })), validity: valid)
            let offsets = (0...rows).map { $0 * 2 }
            let elements = ListChild(ColumnVector(.integers((0..<2 * rows).map { Int64($0) })))
            let lists = ColumnVector(.lists(offsets: offsets, child: elements), validity: valid)
            return [
                (.bool, integers, false), (.int8, integers, false), (.int16, integers, false),
                (.uint32, integers, false),
                (.int64, integers, false), (.date, integers, false), (.timestamp, integers, false),
                (.float32, floats, false), (.float64, floats, false), (.utf8, text, false), (.binary, text, false),
                (.utf8, text, true), (.list(.int32), lists, false), (.fixedList(.int64, size: 2), lists, false),
            ]
        }

        private func exported() throws -> (ArrowSchema, ArrowColumn) {
            let columns = ImportFuzzTests.vectors()
            let fields = columns.enumerated().map {
                ArrowField(name: "c\($0)", type: $1.0, isDictionary: $1.isDictionary)
            }
            var encoder = ArrowEncoder(fields)
            var schema = ArrowSchema()
            SchemaExport.write(fields, to: &schema)
            return (schema, try encoder.encode(Batch(count: Self.rows, columns: columns.map(\.1))).asStruct)
        }

        private func read(_ schema: ForeignSchema, _ array: ForeignArray) throws -> [ColumnVector] {
            let fields = try ImportedField.columns(schema.place)
            let (columns, offset, count) = try StreamImport.columns(array.place, fields)
            return try columns.map { try $0.vector(offset..<(offset + count)) }
        }

        @Test func unchangedTheyRead() throws {
            var (schema, array) = try exported()
            let read = try read(ForeignSchema(schema), ForeignArray(array))
            for (found, (_, want, _)) in zip(read, Self.vectors()) {
                for row in 0..<Self.rows {
                    #expect(found.isNull(row) == want.isNull(row))
                    guard !want.isNull(row), case .integers(let a) = found.values, case .integers(let b) = want.values
                    else { continue }
                    #expect(a[row] == b[row] || a[row] == (b[row] == 0 ? 0 : 1))
                }
            }
            schema.release(&schema)
        }

        @Test func changedTheyAreRefusedOrRead() throws {
            var (schema, array) = try exported()
            var random = SplitMix64(seed: 20_241_124)
            var (refused, accepted) = (0, 0)
            for _ in 0..<20_000 {
                let (types, values) = (ForeignSchema(schema), ForeignArray(array))
                for _ in 0...random.below(3) {
                    if random.below(3) == 0 { types.mutate(&random) } else { values.mutate(&random) }
                }
                do {
                    _ = try read(types, values)
                    accepted += 1
                } catch is LakeError {
                    refused += 1
                }
            }
            #expect(refused > 5_000)
            #expect(accepted > 500)
            schema.release(&schema)
        }
    }
}
