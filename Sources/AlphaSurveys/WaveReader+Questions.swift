import LakeBytes
import LakeCore
import LakeShard

extension WaveReader {
    /// The questions as rows of `questions`, those that nobody answered among them.
    func batch(of questions: [Question]) -> Batch {
        let count = questions.count
        let wave = waveColumns(count: count)
        let options = questions.map { labelledOptions(file.columns[$0.column]) }
        let refused = options.map { $0.map { harmoniser.rules.isRefusal($0.label) ? Int64(1) : 0 } }
        return Batch(
            count: count,
            columns: [
                wave[0], wave[1], wave[2],
                ColumnVector(.bytes(ByteStrings(questions.map(\.key)))),
                ColumnVector(.bytes(ByteStrings(questions.map(\.code)))),
                WaveReader.texts(questions.map(\.text)),
                wave[3], wave[4],
                WaveReader.textLists(options.map { $0.map(\.label) }),
                WaveReader.lists(options.map { $0.map(\.code) }) { ColumnVector(.floats($0)) },
                WaveReader.lists(refused) { ColumnVector(.integers($0)) },
                WaveReader.textLists(questions.map(\.catalogOptions)),
                WaveReader.texts(questions.map { file.columns[$0.column].label }.map { $0.isEmpty ? nil : $0 }),
                ColumnVector(.integers(questions.map { Int64($0.answered) })),
            ])
    }

    /// A column's value labels by ascending code; text codes as `CodedColumn` numbers them.
    private func labelledOptions(_ column: SurveyColumn) -> [(code: Double, label: String)] {
        let codes = column.isText ? CodedColumn.codes(ofTexts: column) : [:]
        let options = column.labels.map { label in
            (code: label.text.map { codes[CodedColumn.trimmed($0)] ?? .nan } ?? label.code, label: label.label)
        }
        return options.sorted { $0.code < $1.code }
    }

    private static func textLists(_ lists: [[String]?]) -> ColumnVector {
        self.lists(lists) { ColumnVector(.bytes(ByteStrings($0))) }
    }

    private static func lists<Element>(_ lists: [[Element]?], _ child: ([Element]) -> ColumnVector) -> ColumnVector {
        var offsets = [0]
        var elements: [Element] = []
        var known = Bitmap()
        for list in lists {
            elements += list ?? []
            offsets.append(elements.count)
            known.append(list != nil)
        }
        return ColumnVector(
            .lists(offsets: offsets, child: ListChild(child(elements))),
            validity: known.population == lists.count ? nil : known)
    }
}
