import CArrow
import Glibc
import LakeArrow
import LakeBytes
import LakeCore

/// A copy of an exported schema that can be changed and goes with the object; the original stays as it was.
final class ForeignSchema {
    let place = UnsafeMutablePointer<ArrowSchema>.allocate(capacity: 1)
    private let children: UnsafeMutablePointer<UnsafeMutablePointer<ArrowSchema>?>
    private var parts: [ForeignSchema] = []
    private let format: UnsafeMutablePointer<CChar>?

    init(_ original: ArrowSchema) {
        place.initialize(to: original)
        format = strdup(original.format)
        place.pointee.format = UnsafePointer(format)
        place.pointee.release = { _ in }
        // Pointers beyond the children are NULL, so that a larger count meets them.
        children = .allocate(capacity: 64)
        children.initialize(repeating: nil, count: 64)
        for index in 0..<Int(original.n_children) {
            let part = ForeignSchema(original.children[index]!.pointee)
            children[index] = part.place
            parts.append(part)
        }
        place.pointee.children = children
        if let dictionary = original.dictionary {
            let part = ForeignSchema(dictionary.pointee)
            place.pointee.dictionary = part.place
            parts.append(part)
        }
    }

    deinit {
        free(format)
        children.deallocate()
        place.deallocate()
    }

    /// Changes one thing in it or in a part. Formats stay as wide as they were, or change the number of buffers: a type
    /// that only reads further cannot be noticed.
    func mutate(_ random: inout SplitMix64) {
        if !parts.isEmpty, random.below(5) != 0 { return parts[random.below(parts.count)].mutate(&random) }
        switch random.below(7) {
        case 0: place.pointee.n_children = Int64([-1, 0, 1, 3, 60][random.below(5)])
        case 1: children[random.below(3)] = nil
        case 2: place.pointee.dictionary = nil
        case 3: place.pointee.format = nil
        case 4: place.pointee.release = nil
        case 5: place.pointee.name = nil
        default:
            let formats: [StaticString] = [
                "", "n", "d:10,2", "+s", "+l", "+w:2", "+w:-1", "+w:99999999999", "+w:", "w:0", "w:x", "tts", "ts",
                "tsu",
                "tsx:", "e", "+r", "+m", "vu", "b", "\u{1F600}",
            ]
            place.pointee.format = UnsafeRawPointer(formats[random.below(formats.count)].utf8Start).assumingMemoryBound(
                to: CChar.self)
        }
    }
}

/// A copy of an exported array, buffers and all, that can be changed and goes with the object.
final class ForeignArray {
    /// Room behind every buffer, for what reads on.
    private static let room = 1 << 14

    let place = UnsafeMutablePointer<ArrowArray>.allocate(capacity: 1)
    private let children: UnsafeMutablePointer<UnsafeMutablePointer<ArrowArray>?>
    private let buffers: UnsafeMutablePointer<UnsafeRawPointer?>
    private var copies: [UnsafeMutableRawPointer] = []
    private var parts: [ForeignArray] = []
    private let hasOffsets: Bool

    init(_ column: ArrowColumn) {
        children = .allocate(capacity: 64)
        children.initialize(repeating: nil, count: 64)
        buffers = .allocate(capacity: 64)
        buffers.initialize(repeating: nil, count: 64)
        for (index, held) in column.buffers.enumerated() {
            guard let held else { continue }
            let copy = UnsafeMutableRawPointer.allocate(byteCount: Self.room, alignment: 64)
            copy.initializeMemory(as: UInt8.self, repeating: 0, count: Self.room)
            copy.copyMemory(from: held.address, byteCount: held.count)
            buffers[index] = UnsafeRawPointer(copy)
            copies.append(copy)
        }
        hasOffsets = column.buffers.count == 3
        place.initialize(
            to: ArrowArray(
                length: Int64(column.count), null_count: Int64(column.nullCount), offset: 0,
                n_buffers: Int64(column.buffers.count), n_children: Int64(column.children.count), buffers: buffers,
                children: children, dictionary: nil, release: { _ in }, private_data: nil))
        for (index, child) in column.children.enumerated() {
            let part = ForeignArray(child)
            children[index] = part.place
            parts.append(part)
        }
        if let dictionary = column.dictionary {
            let part = ForeignArray(dictionary)
            place.pointee.dictionary = part.place
            parts.append(part)
        }
    }

    deinit {
        for copy in copies { copy.deallocate() }
        children.deallocate()
        buffers.deallocate()
        place.deallocate()
    }

    /// Changes one thing in it or in a part.
    func mutate(_ random: inout SplitMix64) {
        if !parts.isEmpty, random.below(5) != 0 { return parts[random.below(parts.count)].mutate(&random) }
        switch random.below(10) {
        case 0: place.pointee.length = [-1, 0, .min, .max, place.pointee.length / 2][random.below(5)]
        case 1: place.pointee.offset = [-1, .min, .max, 1, 5][random.below(5)]
        case 2: place.pointee.null_count = [-2, -1, 0, 1, .max][random.below(5)]
        case 3: place.pointee.n_buffers = [-1, 0, 1, 2, 3, 4, 50][random.below(7)]
        case 4: place.pointee.n_children = [-1, 0, 1, 2, 60, .max][random.below(6)]
        case 5: buffers[random.below(3)] = nil
        case 6: children[random.below(3)] = nil
        case 7: place.pointee.dictionary = nil
        case 8: place.pointee.release = nil
        default:
            guard let copy = copies.last else {
                place.pointee.buffers = nil
                return
            }
            guard hasOffsets, random.below(2) == 0, copies.count > 1 else {
                let place = random.below(400)
                return copy.storeBytes(
                    of: UInt8(truncatingIfNeeded: random.next()), toByteOffset: place, as: UInt8.self)
            }
            // Offsets of text: how long it is cannot be known, so they stay inside of the room.
            let offset = Int32(random.below(500) - 5)
            copies[copies.count - 2].storeBytes(of: offset, toByteOffset: 4 * random.below(100), as: Int32.self)
        }
    }
}
