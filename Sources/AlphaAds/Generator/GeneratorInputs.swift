import LakeCore

/// What all pages of a generator share.
final class GeneratorInputs: Sendable {
    /// In place of a state: an ad that names the country.
    static let nation = 51

    let seed: UInt64
    let vocabulary: AdVocabulary
    let census: Census
    let adNumbers: LibraryNumbers
    let pageNumbers: LibraryNumbers
    /// What stands for `{place}` and `{local}`, by state; the country's last.
    let places: [[UInt8]]
    let locals: [[UInt8]]
    /// Running sums of the states' populations.
    let populationSums: [Double]
    /// Shares of an ad that was seen in one state alone, by state.
    let singleStates: [[Double]]

    init(seed: UInt64, vocabulary: AdVocabulary = .standard, census: Census = .standard) {
        self.seed = seed
        self.vocabulary = vocabulary
        self.census = census
        // Real ads: two of three ids have 15 digits, the others 16; those of pages have 15.
        adNumbers = LibraryNumbers(seed: seed, stream: 2, fifteen: 4, sixteen: 3)
        pageNumbers = LibraryNumbers(seed: seed, stream: 3, fifteen: 7, sixteen: 1)
        places = census.states.map { Array($0.utf8) } + [Array("America".utf8)]
        locals = census.states.map { Array($0.utf8) } + [Array("American".utf8)]
        populationSums = runningSums(of: census.statePopulations)
        singleStates = census.states.indices.map { state in
            census.states.indices.map { $0 == state ? 1 : 0 }
        }
    }
}
