/// How the likeness of two groups' behaviour is measured.
public enum BehaviourMeasure: String, Sendable, CaseIterable {
    /// Spearman's rho over ads of the groups' normalised shares.
    case spearman
    /// The paper's formula on ranks within each ad.
    case paperFormula = "paper-formula"
}
