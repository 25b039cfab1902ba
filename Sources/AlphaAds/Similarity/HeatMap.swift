/// Matrices of similarity as a picture: SVG as text, which any browser shows and which needs nothing else.
///
/// Pointing at a cell shows its groups, value and n.
public struct HeatMap: Sendable {
    /// One matrix.
    public struct Panel: Sendable {
        public var title: String
        public var matrix: SimilarityMatrix
        /// Positions of the groups from the top and from the left.
        public var order: [Int]
        /// What the values are, as in `rho`.
        public var measure: String
        /// What `n` counts, as in `ads`.
        public var noun: String

        /// - Parameter order: nil for one in which blocks show.
        public init(title: String, matrix: SimilarityMatrix, order: [Int]? = nil, measure: String, noun: String) {
            self.title = title
            self.matrix = matrix
            let order = order ?? matrix.blockOrder
            self.order = order.sorted() == Array(matrix.groups.indices) ? order : Array(matrix.groups.indices)
            self.measure = measure
            self.noun = noun
        }
    }

    public var title: String
    /// Lines under the title: how much data, and what has to be known of it.
    public var notes: [String]
    public var panels: [Panel]

    public init(title: String, notes: [String], panels: [Panel]) {
        self.title = title
        self.notes = notes
        self.panels = panels
    }

    private static let margin = 24.0
    private static let gap = 36.0

    /// The picture. Panels of as many groups stand side by side, others below.
    public var svg: String {
        var rows: [[HeatMapPanel]] = []
        for (index, panel) in panels.enumerated() {
            if index > 0, panel.order.count == panels[index - 1].order.count {
                rows[rows.count - 1].append(HeatMapPanel(panel))
            } else {
                rows.append([HeatMapPanel(panel)])
            }
        }
        let widest = rows.map { row in row.reduce(-HeatMap.gap) { $0 + $1.width + HeatMap.gap } }.max() ?? 0
        let width = 2 * HeatMap.margin + max(480, widest)
        var y = HeatMap.margin + 16
        var body = SVGText.text(title, x: HeatMap.margin, y: y, size: 18, attributes: "font-weight=\"bold\"")
        for note in notes {
            y += 4
            for line in HeatMap.wrapped(note, width: width - 2 * HeatMap.margin, size: 12) {
                y += 16
                body += SVGText.text(line, x: HeatMap.margin, y: y, size: 12, attributes: "fill=\"#444\"")
            }
        }
        y += HeatMap.margin
        for row in rows {
            var x = HeatMap.margin
            for panel in row {
                body += HeatMap.placed(panel.svg, x, y)
                x += panel.width + HeatMap.gap
            }
            y += (row.map(\.height).max() ?? 0) + HeatMap.gap
        }
        let size = "width=\"\(SVGText.number(width))\" height=\"\(SVGText.number(y))\""
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <svg xmlns="http://www.w3.org/2000/svg" \(size) \
            viewBox="0 0 \(SVGText.number(width)) \(SVGText.number(y))" role="img" \
            font-family="Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif" fill="#111">
            <title>\(SVGText.escaped(title))</title>
            <rect width="100%" height="100%" fill="#fff"/>
            \(body)</svg>

            """
    }

    private static func placed(_ drawing: String, _ x: Double, _ y: Double) -> String {
        "<g transform=\"translate(\(SVGText.number(x)) \(SVGText.number(y)))\">\n" + drawing + "</g>\n"
    }

    /// The words of a line on as many lines as they need.
    private static func wrapped(_ text: String, width: Double, size: Double) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, SVGText.width(last + " " + word, size: size) <= width {
                lines[lines.count - 1] += " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}
