/// Which ads of a page have others of the same audience but for one axis.
struct Contrasts {
    private let page: PageAds
    /// Per axis (gender, age, state): by the other two parts, a bit per top on the axis.
    private var tops: [[UInt32: UInt64]] = [[:], [:], [:]]
    /// The same by the other two parts and the body.
    private var topsOfBodies: [[UInt64: UInt64]] = [[:], [:], [:]]

    init(_ page: PageAds) {
        self.page = page
        for ad in 0..<page.count where page.hasAudience(ad) {
            for axis in 0..<3 {
                let bit = UInt64(1) << UInt64(top(ad, axis))
                tops[axis][others(ad, axis), default: 0] |= bit
                topsOfBodies[axis][withBody(ad, axis), default: 0] |= bit
            }
        }
    }

    /// Whether an ad that has an audience has a contrast on an axis.
    func hasContrast(_ ad: Int, axis: Int) -> Bool {
        (tops[axis][others(ad, axis)] ?? 0).nonzeroBitCount > 1
    }

    /// Whether an ad in contrast has the same body, or there is none.
    func sharesBody(_ ad: Int, axis: Int) -> Bool {
        page.bodies.isEmpty(page.bodyOf[ad]) || (topsOfBodies[axis][withBody(ad, axis)] ?? 0).nonzeroBitCount > 1
    }

    private func top(_ ad: Int, _ axis: Int) -> Int {
        [page.topGender[ad], page.topAge[ad], page.topState[ad]].map { Int($0) }[axis]
    }

    /// The two other parts of an ad's audience.
    private func others(_ ad: Int, _ axis: Int) -> UInt32 {
        let (gender, age, state) = (UInt32(page.topGender[ad]), UInt32(page.topAge[ad]), UInt32(page.topState[ad]))
        switch axis {
        case 0: return age << 8 | state
        case 1: return gender << 8 | state
        default: return gender << 8 | age
        }
    }

    private func withBody(_ ad: Int, _ axis: Int) -> UInt64 { UInt64(others(ad, axis)) << 32 | UInt64(page.bodyOf[ad]) }
}
