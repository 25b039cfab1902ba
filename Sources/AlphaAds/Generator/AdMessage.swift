/// What a campaign says: a pool of sentences with the names and figures of the campaign filled in, from which each
/// variant takes some in an order of its own.
final class AdMessage {
    /// Sentences of which the first are the core that most variants have.
    let sentences: [[UInt8]]
    /// Whether variants have one or two sentences instead of four to seven.
    let isShort: Bool
    let greetings: [[UInt8]]
    let salutations: [[UInt8]]
    let closings: [[UInt8]]
    let titles: [[UInt8]]
    let descriptions: [[UInt8]]
    let caption: String?
    let media: [UInt8]
    let languages: [String]
    /// How many texts an ad has: one each for the pictures of a series.
    let frames: Int
    /// Whether each variant names the place where it is seen.
    let namesPlace: Bool
    /// Between two sentences.
    let separator: [UInt8]
    /// The end of some variants; empty for most.
    let address: [UInt8]
    let hashtags: [UInt8]
    let emoji: [UInt8]

    init(_ page: GeneratedPage, _ draws: inout AdDraws) {
        let vocabulary = page.inputs.vocabulary
        let chosen = page.subjects[draws.chance(0.6) ? 0 : draws.below(page.subjects.count)]
        let subject = vocabulary.subjects.isEmpty ? nil : vocabulary.subjects[chosen]
        let values = MessageFigures.values(subject, page, &draws)
        let style = TextStyle(&draws)
        func ready(_ texts: [[UInt8]], loud: Bool = false) -> [[UInt8]] {
            texts.map { style.applied(to: values.filled($0), loud: loud) }
        }

        isShort = draws.chance(0.32)
        var pool = subject?.sentences ?? []
        draws.shuffle(&pool)
        let general = draws.sample(draws.between(2, 4), below: vocabulary["general"].count)
        pool = pool.prefix(draws.between(6, 9)) + general.map { vocabulary["general"][$0] }
        if draws.chance(0.2) { pool.append(draws.text(vocabulary["quotes"])) }
        draws.shuffle(&pool)
        sentences = ready(pool)
        let openings = [draws.text(vocabulary["greetings"]), draws.text(vocabulary["greetings"])]
        greetings = ready(isShort ? [openings[0]] : openings, loud: true)
        salutations = ready([draws.text(vocabulary["salutations"])], loud: true)
        let spanish = draws.chance(0.025)
        let ends = spanish ? vocabulary["spanishClosings"] : vocabulary["closings"]
        closings = ready((0..<(isShort ? 1 : 3)).map { _ in draws.text(ends) }, loud: true)
        languages = spanish ? ["en", "es"] : draws.chance(0.01) ? [] : ["en"]
        titles = ready(
            draws.chance(0.13)
                ? [] : (0..<2).map { _ in draws.text(draws.chance(0.5) ? subject?.titles ?? [] : vocabulary["titles"]) }
        )
        descriptions = ready(
            draws.chance(0.19)
                ? []
                : (0..<2).map { _ in
                    draws.text(draws.chance(0.5) ? subject?.descriptions ?? [] : vocabulary["descriptions"])
                })
        let prefix = draws.chance(0.4) ? Array("www.".utf8) : draws.chance(0.15) ? Array("act.".utf8) : []
        caption = draws.chance(0.12) ? nil : String(decoding: prefix + page.domain, as: UTF8.self)
        media = draws.chance(0.3) ? values.filled(draws.text(vocabulary["scenes"])) : []
        frames = draws.chance(0.05) ? draws.between(2, 4) : 1
        namesPlace = page.kind.axis == .region
        separator = Array((draws.chance(0.25) ? "\n\n" : draws.chance(0.08) ? "\n" : " ").utf8)
        let path = Array("/".utf8) + draws.text(vocabulary["paths"])
        address = draws.chance(0.3) ? Array("https://".utf8) + prefix + page.domain + path : []
        let tags = subject?.hashtags ?? []
        hashtags = draws.chance(0.13) && !tags.isEmpty ? Array(" #".utf8) + draws.text(tags) : []
        emoji = draws.chance(0.06) ? draws.text(vocabulary["emoji"]) : []
    }
}

/// Names and figures that a message has throughout.
enum MessageFigures {
    static func values(_ subject: AdVocabulary.Subject?, _ page: GeneratedPage, _ draws: inout AdDraws) -> SlotValues {
        let vocabulary = page.inputs.vocabulary
        var values = SlotValues()
        values[.cause] = draws.text(subject?.causes ?? [])
        values[.people] = draws.text(vocabulary["people"])
        values[.friend] = draws.text(vocabulary["friends"])
        values[.org] = page.name
        for slot in [TextSlot.official, .otherOfficial] {
            let title = draws.text(vocabulary["officialTitles"])
            let (given, family) = (draws.text(vocabulary["given"]), draws.text(vocabulary["family"]))
            values[slot] = Array([title, given, family].joined(separator: Array(" ".utf8)))
        }
        let bills = ["House Bill", "Senate Bill", "Measure", "Proposition", "Amendment"]
        values[.bill] = bytes("\(bills[draws.below(bills.count)]) \(draws.between(1, 1_999))")
        values[.percent] = bytes("\(draws.between(4, 92))\(draws.chance(0.5) ? "%" : " percent")")
        values[.money] = bytes("$\(grouped(draws.between(2, 240) * (draws.chance(0.5) ? 5 : 50)))")
        values[.millions] = bytes("$\(draws.between(2, 90)) million")
        values[.gift] = bytes("$\([3, 5, 10, 15, 20, 25, 30, 40, 50][draws.below(9)])")
        values[.number] = bytes(grouped(draws.between(12, 990) * (draws.chance(0.5) ? 1 : 10)))
        values[.years] = bytes("\(draws.between(3, 45))")
        return values
    }

    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    /// 4300 as `4,300`.
    private static func grouped(_ number: Int) -> String {
        let rest = number % 1_000
        guard number >= 1_000 else { return "\(number)" }
        return "\(number / 1_000),\(rest < 100 ? "0" : "")\(rest < 10 ? "0" : "")\(rest)"
    }
}

/// How a message is typeset.
struct TextStyle {
    private let curly: Bool
    private let dashes: Bool
    private let dots: Bool
    private let shouts: Bool

    init(_ draws: inout AdDraws) {
        curly = draws.chance(0.28)
        dashes = draws.chance(0.12)
        dots = draws.chance(0.05)
        shouts = draws.chance(0.2)
    }

    /// - Parameter loud: whether the text is one that some set off.
    func applied(to text: [UInt8], loud: Bool) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(text.count + 8)
        var opened = false
        for (index, byte) in text.enumerated() {
            let isLast = index == text.count - 1
            switch byte {
            case UInt8(ascii: "'") where curly: out += [0xE2, 0x80, 0x99]
            case UInt8(ascii: "\"") where curly:
                out += [0xE2, 0x80, opened ? 0x9D : 0x9C]
                opened.toggle()
            case UInt8(ascii: ":") where dashes && !isLast: out += Array(" \u{2014}".utf8)
            case UInt8(ascii: ".") where isLast && loud && shouts: out.append(UInt8(ascii: "!"))
            case UInt8(ascii: ".") where isLast && loud && dots: out += Array("...".utf8)
            default: out.append(byte)
            }
        }
        return out
    }
}
