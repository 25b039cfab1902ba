/// The groups that samples name, numbered: age brackets, genders, states, and the two ways of saying an audience.
public struct AudienceGroups: Sendable {
    /// Stands for no group.
    static let none = UInt8.max
    static let firstGender = Census.ages.count
    static let firstState = firstGender + Census.genders.count

    /// All names, by number.
    let names: [String]
    let people: UInt8
    let places: UInt8

    init(_ census: Census) {
        names = Census.ages + Census.genders + census.states + ["people", "places"]
        people = UInt8(names.count - 2)
        places = UInt8(names.count - 1)
    }

    static func age(_ age: Int) -> UInt8 { UInt8(age) }
    static func gender(_ gender: Int) -> UInt8 { UInt8(firstGender + gender) }
    static func state(_ state: Int) -> UInt8 { UInt8(firstState + state) }
}
