/// Shares as an ad library gives them: whole multiples of a millionth.
enum DeliveryShares {
    /// Turns weights into shares of which `total` millionths are given out; less than `floor` of all is none.
    static func round(_ weights: inout [Double], total: Int = 1_000_000, floor: Double) {
        var (sum, largest) = (0.0, 0)
        for index in weights.indices {
            sum += weights[index]
            if weights[index] > weights[largest] { largest = index }
        }
        guard sum > 0 else { return }
        let least = min(sum * floor, weights[largest])
        var kept = 0.0
        for weight in weights where weight >= least { kept += weight }
        let scale = Double(total) / kept
        var rest = total
        for index in weights.indices {
            let weight = weights[index]
            guard weight > 0 else { continue }
            let whole = weight >= least ? Int(weight * scale + 0.5) : 0
            rest -= whole
            weights[index] = Double(whole)
        }
        // The largest makes up for what rounding cost.
        weights[largest] += Double(rest)
        for index in weights.indices where weights[index] > 0 { weights[index] /= 1_000_000 }
    }
}
