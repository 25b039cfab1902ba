import LakeBytes

/// The text of a dictionary's values, made once per value instead of once per row.
struct RenderedCodes {
    private var dictionary: ValueDictionary?
    private var texts: [[UInt8]] = []

    /// The text of value `code` of `dictionary`; `render` makes it the first time (and again where it is empty).
    mutating func text(_ code: Int, of dictionary: ValueDictionary, _ render: (inout [UInt8]) -> Void) -> [UInt8] {
        if self.dictionary !== dictionary {
            self.dictionary = dictionary
            texts = [[UInt8]](repeating: [], count: dictionary.count)
        }
        if texts[code].isEmpty { render(&texts[code]) }
        return texts[code]
    }
}
