import LakeBytes
import LakeCore

/// A column that is computed on scan from other columns of its table.
///
/// A table declares look-ups into other tables (`Lookup`); a program registers columns of its own with the engine, such as
/// a rendered prompt:
///
///     struct Shouted: DerivedColumn {
///         let type = DataType.utf8
///         let inputs = ["text"]
///         func values(_ inputs: [ColumnVector]) throws -> ColumnVector { ... }
///     }
///     let engine = QueryEngine(lake: lake, derived: ["samples": ["shouted": Shouted()]])
///     try engine.prepare("SELECT shouted FROM samples WHERE topic = 'health'")
///
/// It can be used wherever a stored column can, and is computed for the rows that a query asks it for. Where a key group
/// knows all of its inputs it is computed once per key of a shard instead of once per row: it must depend on nothing else.
public protocol DerivedColumn: Sendable {
    /// The type of its values.
    var type: DataType { get }
    /// The columns that it is computed from: stored ones, or derived ones that the table declares.
    var inputs: [String] { get }
    /// Whether it is offered only where it fits: it gives way to a column of its name, and is not there where a table lacks its
    /// inputs. Without, a table that it does not fit is an error.
    var isOffer: Bool { get }
    /// The values for some rows, in their order. Called from several threads at a time, with up to 65,536 rows.
    /// - Parameter inputs: vectors of one length, in the order of `inputs`; text is often dictionary-coded.
    /// - Returns: as many values, as `type` is held in memory or dictionary-coded.
    /// - Throws: what keeps the values from being computed; it ends the query.
    func values(_ inputs: [ColumnVector]) throws -> ColumnVector
}

extension DerivedColumn {
    public var isOffer: Bool { false }

    /// The values, checked to be as many as they should and of the type that was promised.
    func checkedValues(_ inputs: [ColumnVector], count: Int, name: String) throws -> ColumnVector {
        let vector = try values(inputs)
        guard vector.count == count else {
            throw LakeError(.failed, "\(vector.count) values for \(count) rows", at: .init(column: name))
        }
        guard vector.holds(type) else {
            throw LakeError(.failed, "the values are not \(type)", at: .init(column: name))
        }
        return vector
    }
}

extension ColumnVector {
    /// Whether values of `type` are held like this.
    fileprivate func holds(_ type: DataType) -> Bool {
        switch values {
        case .integers: type.physical == .integer
        case .floats: type.physical == .float
        case .bytes: type.physical == .bytes
        case .lists: type.physical == .list
        case .codes(_, let dictionary): dictionary.values.holds(type)
        }
    }
}
