/// A place in a sentence that is filled in. Sentences are kept as bytes, in which a slot is one byte: its raw value.
enum TextSlot: UInt8, CaseIterable {
    // Line feeds and tabs are text: no slot has their bytes.
    case cause = 0x01
    case people, official, bill, percent, money, millions, gift
    case number = 0x0E
    case years, org, friend, given, family, office, emblem, state
    case otherOfficial = 0x17
    /// Filled per ad; all others once per message or name.
    case place, local, deadline

    /// What stands between braces.
    var name: String { self == .otherOfficial ? "official2" : "\(self)" }

    /// Beyond the last raw value.
    static let end = 0x20

    /// - Returns: nil where braces hold no slot's name.
    static func encoded(_ text: String) -> [UInt8]? {
        var out: [UInt8] = []
        var name: [UInt8]?
        for byte in text.utf8 {
            switch (byte, name) {
            case (UInt8(ascii: "{"), nil): name = []
            case (UInt8(ascii: "}"), .some(let bytes)):
                let found = String(decoding: bytes, as: UTF8.self)
                guard let slot = allCases.first(where: { $0.name == found }) else { return nil }
                out.append(slot.rawValue)
                name = nil
            case (_, .some): name?.append(byte)
            default: out.append(byte)
            }
        }
        return name == nil ? out : nil
    }
}

/// What slots are filled with.
struct SlotValues {
    private var values = [[UInt8]](repeating: [], count: TextSlot.end)

    subscript(_ slot: TextSlot) -> [UInt8] {
        get { values[Int(slot.rawValue)] }
        set { values[Int(slot.rawValue)] = newValue }
    }

    /// Appends a sentence with its slots filled. A slot without a value stays, to be filled later.
    func fill(_ sentence: [UInt8], into out: inout [UInt8]) {
        for byte in sentence {
            if byte < 0x20, !values[Int(byte)].isEmpty {
                out.append(contentsOf: values[Int(byte)])
            } else {
                out.append(byte)
            }
        }
    }

    func filled(_ sentence: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(sentence.count + 40)
        fill(sentence, into: &out)
        return out
    }
}
