import AlphaAds
import LakeBytes
import LakeCore

extension SimilarityReport {
    /// Writes a heat map per axis, over files that are there.
    /// - Returns: the files: `path` for a single axis, else `NAME-AXIS.svg` for each.
    /// - Throws: `LakeError` (io) where they cannot be written.
    func writePictures(_ path: String) throws -> [String] {
        var files: [String] = []
        for section in sections {
            var name = path
            if sections.count > 1 {
                let ending = path.lowercased().hasSuffix(".svg") ? String(path.suffix(4)) : ""
                name = String(path.dropLast(ending.count)) + "-\(section.behaviour.axis.rawValue)" + ending
            }
            try SimilarityReport.write(Array(picture(section).svg.utf8), name)
            files.append(name)
        }
        return files
    }

    private func picture(_ section: Section) -> HeatMap {
        let axis = section.behaviour
        let measure = measure == .paperFormula ? "formula" : "rho"
        var notes = [syntheticNote].compactMap { $0 } + notes(axis)
        let known = axis.behaviour.pairs.map(\.n)
        if let least = known.min(), let most = known.max() {
            notes.append("n = \(Quantities.count(least)) to \(Quantities.count(most)) ads per pair")
        }
        var panels: [HeatMap.Panel] = []
        if section.survey?.behaviour.axis != axis.axis {
            panels.append(
                HeatMap.Panel(
                    title: "Behaviour of \(axis.axis.noun)", matrix: axis.behaviour, measure: measure, noun: "ads"))
        }
        if let survey = section.survey {
            let behaviour = HeatMap.Panel(
                title: "Behaviour of \(survey.behaviour.axis.noun)", matrix: survey.behaviour.behaviour,
                measure: measure, noun: "ads")
            panels.append(behaviour)
            panels.append(
                HeatMap.Panel(
                    title: "Opinions of \(survey.behaviour.axis.noun)", matrix: survey.opinions,
                    order: behaviour.order, measure: "similarity", noun: "questions"))
            if survey.behaviour.axis != axis.axis {
                notes += [survey.behaviour.axis.caution(self.measure)].compactMap { $0 }
            }
            notes += self.notes(survey)
        }
        let subject = section.survey == nil ? "behaviour" : "behaviour and opinions"
        return HeatMap(title: "How alike \(axis.axis.noun) are: \(subject)", notes: notes, panels: panels)
    }

    /// Writes a file whole or not at all.
    private static func write(_ bytes: [UInt8], _ path: String) throws {
        let store = LocalStore()
        let part = path + ".part"
        if try store.size(part) != nil { try store.remove(part) }
        let file = try store.create(part)
        do {
            try file.append(bytes)
            try file.close()
            try store.rename(part, to: path)
        } catch {
            try? store.remove(part)
            throw error
        }
    }
}
