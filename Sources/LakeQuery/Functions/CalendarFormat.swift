import LakeCore

/// A format of `strftime`, taken apart once.
struct CalendarFormat: Sendable {
    private enum Piece: Sendable {
        case text(Character)
        /// The letter behind `%`, and whether a `-` stood between them.
        case field(Character, bare: Bool)
    }

    private var pieces: [Piece] = []

    /// Nil for letters that it does not know.
    init?(_ format: String) {
        var characters = format.makeIterator()
        while let character = characters.next() {
            guard character == "%" else {
                pieces.append(.text(character))
                continue
            }
            var letter = characters.next()
            let isBare = letter == "-"
            if isBare { letter = characters.next() }
            guard let letter, "YmdHMSfjaAbByIpuwVG%".contains(letter) else { return nil }
            pieces.append(.field(letter, bare: isBare))
        }
    }

    func text(_ moment: Moment) -> String {
        pieces.map { piece in
            switch piece {
            case .text(let character): String(character)
            case .field(let letter, let bare): field(letter, bare, moment)
            }
        }.joined()
    }

    private func field(_ letter: Character, _ bare: Bool, _ moment: Moment) -> String {
        func number(_ value: Int64, _ width: Int) -> String {
            let digits = String(value.magnitude)
            let zeros = bare ? "" : String(repeating: "0", count: max(0, width - digits.count))
            return (value < 0 ? "-" : "") + zeros + digits
        }
        let hour = moment.value(of: .hour)
        switch letter {
        case "Y": return number(moment.value(of: .year), 4)
        case "m": return number(moment.value(of: .month), 2)
        case "d": return number(moment.value(of: .day), 2)
        case "H": return number(hour, 2)
        case "I": return number((hour + 11) % 12 + 1, 2)
        case "p": return hour < 12 ? "AM" : "PM"
        case "M": return number(moment.value(of: .minute), 2)
        case "S": return number(moment.value(of: .second), 2)
        case "f": return number(moment.micros % 1_000_000, 6)
        case "j": return number(moment.value(of: .doy), 3)
        case "y": return number(abs(moment.value(of: .year) % 100), 2)
        case "u": return number(moment.value(of: .isodow), 1)
        case "w": return number(moment.value(of: .dow), 1)
        case "V": return number(moment.value(of: .week), 2)
        case "G": return number(moment.value(of: .isoyear), 4)
        case "a", "A":
            let name = FunctionTable.weekdays[Int(moment.value(of: .dow))]
            return letter == "a" ? String(name.prefix(3)) : name
        case "b", "B":
            let name = FunctionTable.months[Int(moment.value(of: .month)) - 1]
            return letter == "b" ? String(name.prefix(3)) : name
        default: return "%"
        }
    }
}
