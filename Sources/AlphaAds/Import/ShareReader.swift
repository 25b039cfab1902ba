import LakeBytes

/// Reads lists of shares, by age and gender or by region: most of what an ad is in bytes.
///
///     [{"percentage": "0.054372", "region": "Arizona"}, ...]
///     [{'percentage': '4.0E-5', 'age': '18-24', 'gender': 'unknown'}, ...]
///     {"age":"35-44","gender":"unknown","percentage":0.001075},{...}
struct ShareReader: Sendable {
    /// A share above 1 by no more than this is taken for 1 written in few digits.
    private static let greatest = 1.01
    /// How far from 1 a sum of shares may be.
    private static let tolerance = 0.01

    private let names: RegionNames
    private let stateCount: Int

    init(_ census: Census) {
        names = RegionNames(census)
        stateCount = census.states.count
    }

    /// One entry of a list.
    struct Entry {
        /// NaN when there is none that can be read.
        var share = Double.nan
        var region: LooseValue.Text?
        var age = LooseValue.Text.none
        var gender = LooseValue.Text.none
    }

    /// Reads the next entry; `at` must be behind the last. Nil at the end. What is no entry clears `isWhole`.
    @inline(__always)
    static func next(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int, _ isWhole: inout Bool) -> Entry? {
        while at < end {
            let byte = bytes[at]
            if byte == 0x7B {
                at += 1
                return entry(bytes, &at, end, &isWhole)
            }
            if LooseValue.isBlank(byte) || byte == 0x2C || byte == 0x5B || byte == 0x5D {
                at += 1
            } else {
                isWhole = false
                LooseValue.skip(bytes, &at, end)
            }
        }
        return nil
    }

    @inline(__always)
    private static func entry(_ bytes: Span<UInt8>, _ at: inout Int, _ end: Int, _ isWhole: inout Bool) -> Entry {
        var entry = Entry()
        while at < end {
            let byte = bytes[at]
            if byte == 0x7D {
                at += 1
                return entry
            }
            if byte == 0x2C || LooseValue.isBlank(byte) {
                at += 1
                continue
            }
            guard let key = LooseValue.key(bytes, &at, end), at < end else {
                isWhole = false
                LooseValue.skip(bytes, &at, end)
                continue
            }
            guard !LooseValue.isOpening(bytes[at]), let value = LooseValue.scalar(bytes, &at, end) else {
                LooseValue.skip(bytes, &at, end)
                continue
            }
            switch (key.end - key.start, key.isEmpty ? 0 : bytes[key.start] | 0x20) {
            case (10, 0x70): entry.share = LooseNumber.double(bytes, value.start, value.end) ?? .nan
            case (6, 0x72): entry.region = value
            case (3, 0x61): entry.age = value
            case (6, 0x67): entry.gender = value
            default: break
            }
        }
        isWhole = false
        return entry
    }

    /// Whether a share counts; a little above 1 does.
    @inline(__always)
    private static func isShare(_ share: Double) -> Bool { share >= 0 && share <= greatest }

    /// Sets the shares by age and gender, and what is to be said about them.
    func readDemographics(_ cell: AdCell, into ad: inout Ad) {
        let bytes = cell.data.span
        guard !LooseValue.isAbsent(bytes, cell.start, cell.end) else { return }
        var shares = [Double](repeating: 0, count: 24)
        var (seen, isDoubled, isWhole): (UInt32, Bool, Bool) = (0, false, true)
        var at = cell.start
        while let entry = ShareReader.next(bytes, &at, cell.end, &isWhole) {
            guard ShareReader.isShare(entry.share) else {
                isWhole = false
                continue
            }
            let index = 3 * ShareReader.age(bytes, entry.age) + ShareReader.gender(bytes, entry.gender)
            let bit: UInt32 = 1 << UInt32(index)
            if seen & bit != 0 { isDoubled = true }
            seen |= bit
            shares[index] += entry.share
        }
        if !isWhole { ad.flags.insert(.sharesDropped) }
        guard seen != 0 else { return }
        if isDoubled { ad.flags.insert(.demographicsDoubled) }
        var sum = 0.0
        for share in shares { sum += share }
        if abs(sum - 1) > ShareReader.tolerance { ad.flags.insert(.demographicsOff) }
        ad.demographicShares = shares
    }

    /// The position of an age bracket in `Census.sharedAges`; brackets that are none of these are unknown.
    @inline(__always)
    private static func age(_ bytes: Span<UInt8>, _ text: LooseValue.Text) -> Int {
        switch LooseValue.packed(bytes, text) {
        case 0x31_332D_3137: 0  // 13-17
        case 0x31_382D_3234: 1  // 18-24
        case 0x32_352D_3334: 2  // 25-34
        case 0x33_352D_3434: 3  // 35-44
        case 0x34_352D_3534: 4  // 45-54
        case 0x35_352D_3634: 5  // 55-64
        case 0x36352B: 6  // 65+
        default: 7
        }
    }

    /// The position of a gender in `Census.sharedGenders`; what is neither is unknown.
    @inline(__always)
    private static func gender(_ bytes: Span<UInt8>, _ text: LooseValue.Text) -> Int {
        switch LooseValue.packed(bytes, text) {
        case 0x6665_6D61_6C65: 0  // female
        case 0x6D61_6C65: 1  // male
        default: 2
        }
    }

    /// Sets the shares by region, and what is to be said about them.
    func readRegions(_ cell: AdCell, into ad: inout Ad) {
        let bytes = cell.data.span
        guard !LooseValue.isAbsent(bytes, cell.start, cell.end) else { return }
        var shares = [Double](repeating: 0, count: stateCount)
        var others = OtherRegions()
        var (seen, isDoubled, isWhole): (UInt64, Bool, Bool) = (0, false, true)
        var at = cell.start
        while let entry = ShareReader.next(bytes, &at, cell.end, &isWhole) {
            guard let region = entry.region, ShareReader.isShare(entry.share) else {
                isWhole = false
                continue
            }
            var state = region.isEscaped ? nil : names.state(bytes, region.start, region.end)
            if state == nil {
                let isNone = region.isEmpty || !region.isQuoted && LooseValue.isAbsent(bytes, region.start, region.end)
                let name = isNone ? "Unknown" : cell.text(region, &ad.flags)
                state = names.state(named: name)
                if state == nil, others.add(name, entry.share) { isDoubled = true }
            }
            guard let state else { continue }
            let bit: UInt64 = 1 << UInt64(state)
            if seen & bit != 0 { isDoubled = true }
            seen |= bit
            shares[state] += entry.share
        }
        if !isWhole { ad.flags.insert(.sharesDropped) }
        guard seen != 0 || !others.regions.isEmpty else { return }
        if isDoubled { ad.flags.insert(.regionsDoubled) }
        var sum = 0.0
        for share in shares { sum += share }
        for region in others.regions { sum += region.share }
        if abs(sum - 1) > ShareReader.tolerance { ad.flags.insert(.regionsOff) }
        ad.regionShares = shares
        ad.otherRegions = others.regions
    }
}

/// The regions of one ad that are no states, each once, in the order of their first coming.
private struct OtherRegions {
    private(set) var regions: [Ad.OtherRegion] = []
    private var positions: [[UInt8]: Int] = [:]

    /// - Returns: whether the region was there already, and the share has been added to its.
    mutating func add(_ name: String, _ share: Double) -> Bool {
        let key = Array(name.utf8)
        if let index = positions[key] {
            regions[index].share += share
            return true
        }
        positions[key] = regions.count
        regions.append(Ad.OtherRegion(name: name, share: share))
        return false
    }
}
