import LakeQuery

extension SamplePrompts {
    /// The columns that every program offers queries: `prompt` and `response` of a table `samples` that refers to ads.
    public static let derived: [String: [String: any DerivedColumn]] = ["samples": columns()]
}

extension PromptColumn {
    /// A table that is called `samples` need not be one of these.
    public var isOffer: Bool { true }
}
