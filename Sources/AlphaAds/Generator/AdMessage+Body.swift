/// Writing the texts of a variant.
extension AdMessage {
    /// What is said per ad.
    struct Setting {
        var values = SlotValues()

        init(place: Int, _ inputs: GeneratorInputs, _ draws: inout AdDraws) {
            values[.place] = inputs.places[place]
            values[.local] = inputs.locals[place]
            values[.deadline] = draws.text(inputs.vocabulary["deadlines"])
        }
    }

    /// The texts of a new variant, one per frame.
    func bodies(_ setting: Setting, _ draws: inout AdDraws) -> [String] {
        guard frames > 1 else { return [String(decoding: body(setting, &draws), as: UTF8.self)] }
        let first = draws.below(max(sentences.count, 1))
        return (0..<frames).map { frame in
            var out: [UInt8] = []
            if frame == 0, namesPlace { add(draws.text(greetings), to: &out, setting) }
            if !sentences.isEmpty { add(sentences[(first + frame) % sentences.count], to: &out, setting) }
            if draws.chance(0.3) { add(draws.text(closings), to: &out, setting) }
            return String(decoding: out, as: UTF8.self)
        }
    }

    func line(_ texts: [[UInt8]], _ setting: Setting, _ draws: inout AdDraws) -> String {
        String(decoding: setting.values.filled(draws.text(texts)), as: UTF8.self)
    }

    private func body(_ setting: Setting, _ draws: inout AdDraws) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(isShort ? 240 : 720)
        if !emoji.isEmpty, draws.chance(0.7) { out += emoji + Array(" ".utf8) }
        if isShort { addFew(to: &out, setting, &draws) } else { addMany(to: &out, setting, &draws) }
        if draws.chance(isShort ? 0.85 : 0.75) { add(draws.text(closings), to: &out, setting) }
        if !hashtags.isEmpty, draws.chance(0.8) { out += hashtags }
        if !address.isEmpty, draws.chance(0.85) { add(address, to: &out, setting) }
        return out
    }

    /// One sentence, the same in most variants, and in one of three variants a second one.
    private func addFew(to out: inout [UInt8], _ setting: Setting, _ draws: inout AdDraws) {
        if namesPlace || draws.chance(0.2) { add(draws.text(greetings), to: &out, setting) }
        var chosen = [draws.chance(0.9) ? 0 : 1]
        if draws.chance(0.35) { chosen.append(draws.between(2, 3)) }
        if draws.chance(0.5) { chosen.reverse() }
        for position in chosen where sentences.indices.contains(position) {
            add(sentences[position], to: &out, setting)
        }
    }

    /// Four to seven sentences of the pool in any order.
    private func addMany(to out: inout [UInt8], _ setting: Setting, _ draws: inout AdDraws) {
        if namesPlace || draws.chance(0.4) {
            add(draws.text(greetings), to: &out, setting)
        } else if draws.chance(0.3) {
            add(draws.text(salutations), to: &out, setting)
        }
        let count = [4, 5, 6, 7][draws.position([0.34, 0.7, 0.9, 1])]
        var chosen: [Int] = []
        for position in 0..<min(AdMessage.core, sentences.count) where draws.chance(0.92) { chosen.append(position) }
        var others = draws.sample(sentences.count - AdMessage.core, below: sentences.count - AdMessage.core)
        while chosen.count < count, let next = others.popLast() { chosen.append(AdMessage.core + next) }
        draws.shuffle(&chosen)
        for position in chosen { add(sentences[position], to: &out, setting) }
    }

    /// How many sentences most variants have in common.
    private static let core = 5

    private func add(_ sentence: [UInt8], to out: inout [UInt8], _ setting: Setting) {
        if !out.isEmpty, out.last != UInt8(ascii: " ") { out += separator }
        setting.values.fill(sentence, into: &out)
    }
}
