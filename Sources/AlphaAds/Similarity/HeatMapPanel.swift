/// One matrix of a heat map, drawn from its own upper left corner.
struct HeatMapPanel {
    private let panel: HeatMap.Panel
    private let cell: Double
    private let labelSize: Double
    private let labels: [String]
    /// Room for the labels at the left and at the top.
    private let left: Double
    private let top: Double
    private let areLabelsUpright: Bool

    /// Few groups have their values in the cells.
    private static let mostWithValues = 16
    private static let titleHeight = 24.0
    private static let absentColor = "#c8c8c8"
    private static let legendWidth = 16.0

    init(_ panel: HeatMap.Panel) {
        self.panel = panel
        labels = panel.order.map { panel.matrix.groups[$0] }
        let count = labels.count
        cell = count <= 4 ? 84 : count <= 8 ? 64 : count <= HeatMapPanel.mostWithValues ? 46 : count <= 30 ? 22 : 15
        let size: Double = count <= 8 ? 13 : count <= 30 ? 12 : 11
        labelSize = size
        let widest = labels.map { SVGText.width($0, size: size) }.max() ?? 0
        left = widest + 10
        areLabelsUpright = widest > cell - 6
        top = HeatMapPanel.titleHeight + (areLabelsUpright ? widest + 10 : size + 10)
    }

    private var side: Double { cell * Double(labels.count) }
    /// The legend needs some height whatever the matrix.
    private var bodyHeight: Double { max(side, 120) }

    var width: Double {
        // Beside the matrix the scale with its numbers.
        max(left + side + 24 + HeatMapPanel.legendWidth + 52, SVGText.width(panel.title, size: 14))
    }

    var height: Double { top + bodyHeight + 28 }

    var svg: String {
        let scale = HeatColor(panel.matrix.range ?? 0...1)
        var text = SVGText.text(panel.title, x: 0, y: 14, size: 14, attributes: "font-weight=\"bold\"")
        text += header()
        // Without a line between cells there would be one in some browsers.
        text += "<g shape-rendering=\"crispEdges\">\n"
        for row in labels.indices { for column in labels.indices { text += square(row, column, scale) } }
        text += "</g>\n"
        if labels.count <= HeatMapPanel.mostWithValues {
            for row in labels.indices { for column in labels.indices { text += value(row, column, scale) } }
        }
        return text + legend(scale)
    }

    private func header() -> String {
        var text = ""
        for (index, label) in labels.enumerated() {
            let middle = (Double(index) + 0.5) * cell
            text += SVGText.text(
                label, x: left - 6, y: top + middle + labelSize * 0.35, size: labelSize, anchor: "end")
            let x = left + middle
            if areLabelsUpright {
                let foot = "\(SVGText.number(x + labelSize * 0.35)) \(SVGText.number(top - 6))"
                text += SVGText.text(
                    label, x: 0, y: 0, size: labelSize, attributes: "transform=\"translate(\(foot)) rotate(-90)\"")
            } else {
                text += SVGText.text(label, x: x, y: top - 6, size: labelSize, anchor: "middle")
            }
        }
        return text
    }

    private func pair(_ row: Int, _ column: Int) -> Correlation? {
        panel.matrix[panel.order[row], panel.order[column]]
    }

    private func square(_ row: Int, _ column: Int, _ scale: HeatColor) -> String {
        let pair = pair(row, column)
        let fill = pair?.value.map { scale.color($0).hex } ?? (pair == nil ? "#fff" : HeatMapPanel.absentColor)
        var title: String?
        if let pair {
            let value = pair.value.map { SVGText.fixed($0, 3) } ?? "not known"
            title = "\(labels[row]), \(labels[column]): \(value), \(SVGText.count(pair.n)) \(panel.noun)"
        }
        return SVGText.rectangle(
            x: left + Double(column) * cell, y: top + Double(row) * cell, width: cell, height: cell, fill: fill,
            title: title)
    }

    private func value(_ row: Int, _ column: Int, _ scale: HeatColor) -> String {
        guard let pair = pair(row, column) else { return "" }
        let size = min(cell, 64) * 0.1 + 7
        let isDark = pair.value.map { scale.color($0).isDark } ?? false
        return SVGText.text(
            pair.value.map { SVGText.fixed($0, decimals(scale)) } ?? "–", x: left + (Double(column) + 0.5) * cell,
            y: top + (Double(row) + 0.5) * cell + size * 0.35, size: size, anchor: "middle",
            attributes: "pointer-events=\"none\" fill=\"\(isDark ? "#fff" : "#111")\"")
    }

    /// As many as tell the values of the scale apart.
    private func decimals(_ scale: HeatColor) -> Int {
        let length = scale.bounds.upperBound - scale.bounds.lowerBound
        return length < 0.002 ? 6 : length < 0.02 ? 4 : length < 0.2 ? 3 : 2
    }

    /// The scale from its upper end down, with its numbers and what is grey.
    private func legend(_ scale: HeatColor) -> String {
        let x = left + side + 24
        let height = min(bodyHeight, 320)
        let steps = 64
        var text = SVGText.text(panel.measure, x: x, y: top - 8, size: 12)
        text += "<g shape-rendering=\"crispEdges\">\n"
        let (low, high) = (scale.bounds.lowerBound, scale.bounds.upperBound)
        for step in 0..<steps {
            let value = high - (high - low) * (Double(step) + 0.5) / Double(steps)
            let (start, end) = (height * Double(step) / Double(steps), height * Double(step + 1) / Double(steps))
            text += SVGText.rectangle(
                x: x, y: top + start, width: HeatMapPanel.legendWidth, height: end - start + 0.5,
                fill: scale.color(value).hex)
        }
        text += "</g>\n"
        for tick in scale.ticks {
            let y = top + height * (high - tick) / (high - low)
            text += SVGText.text(
                SVGText.fixed(tick, decimals(scale)), x: x + HeatMapPanel.legendWidth + 6, y: y + 4, size: 11)
        }
        if panel.matrix.pairs.contains(where: { $0.value == nil }) {
            text += SVGText.rectangle(
                x: left, y: top + bodyHeight + 8, width: 12, height: 12, fill: HeatMapPanel.absentColor)
            text += SVGText.text("too few \(panel.noun) for a value", x: left + 18, y: top + bodyHeight + 18, size: 11)
        }
        return text
    }
}
