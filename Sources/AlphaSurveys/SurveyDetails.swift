import FoundationEssentials
import LakeCore

/// Topic, concept and end date of waves: the layout of `survey-details.json`, a list of
/// `{"name": "Wave 54", "start_date": "Sept. 16", "end_date": "Sept. 29, 2019", "Topics": "...", "concept": "..."}`.
public struct SurveyDetails: Sendable {
    /// What is known of a wave as a whole.
    public struct Entry: Sendable, Equatable {
        public var topic: String?
        public var concept: String?
        /// Days since 1970-01-01, nil when the date is absent or past repair.
        public var endDate: Int64?
        /// What was done about a damaged date.
        public var note: String?
    }

    public static let empty = SurveyDetails(waves: [:])

    public var waves: [Wave: Entry]

    public init(waves: [Wave: Entry]) {
        self.waves = waves
    }

    /// Reads the details. Entries whose name is no wave are passed over.
    /// - Throws: `LakeError` (usage) naming the file when `json` is not such a list.
    public init(json: [UInt8], file: String) throws(LakeError) {
        struct Record: Codable {
            var name: String?
            var start: String?
            var end: String?
            var topics: String?
            var concept: String?

            enum CodingKeys: String, CodingKey {
                case name, concept
                case start = "start_date"
                case end = "end_date"
                case topics = "Topics"
            }
        }
        let records: [Record]
        do {
            records = try JSONDecoder().decode([Record].self, from: Data(json))
        } catch {
            throw LakeError(
                .usage, "not a list of survey details: \(error)", at: .init(file: file),
                hint:
                    #"expected [{"name": "Wave 54", "end_date": "Sept. 29, 2019", "Topics": "...", "concept": "..."}]"#)
        }
        waves = [:]
        for record in records {
            guard let wave = record.name.flatMap({ Wave($0) }) else { continue }
            let date = SurveyDetails.endDate(record.end ?? "", start: record.start ?? "")
            waves[wave] = Entry(
                topic: SurveyDetails.filled(record.topics),
                concept: SurveyDetails.filled(record.concept),
                endDate: date.day, note: date.note)
        }
    }

    private static func filled(_ text: String?) -> String? {
        text.flatMap { $0.allSatisfy { $0 == " " } ? nil : $0 }
    }

    /// The day that `end` names (`Sept. 29, 2019`, `June, 6, 2016`, `Nov 29, 2020`). One that has lost its month
    /// (`17, 2022`) takes it from `start`, in the year after if the days say so.
    static func endDate(_ end: String, start: String) -> (day: Int64?, note: String?) {
        let (begun, ended) = (parts(start), parts(end))
        if ended.month == nil, ended.day == nil, ended.year == nil { return (nil, nil) }
        guard let day = ended.day, let year = ended.year else { return (nil, "end date '\(end)' is damaged: NULL") }
        if let month = ended.month {
            let date = days(year: year, month: month, day: day)
            return (date, date == nil ? "end date '\(end)' is no date: NULL" : nil)
        }
        guard let month = begun.month, let date = days(year: year, month: month, day: day),
            begun.day.map({ $0 <= day }) ?? true
        else { return (nil, "end date '\(end)' is damaged: NULL") }
        return (date, "end date '\(end)' has no month: taken from the start date '\(start)'")
    }

    private static func parts(_ text: String) -> (year: Int?, month: Int?, day: Int?) {
        let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
        var found: (year: Int?, month: Int?, day: Int?) = (nil, nil, nil)
        for word in text.lowercased().split(whereSeparator: { !$0.isLetter && !$0.isNumber }) {
            if let number = Int(word) {
                if (1...31).contains(number) { found.day = found.day ?? number }
                if (1900...2999).contains(number) { found.year = found.year ?? number }
            } else if let month = months.firstIndex(where: { word.hasPrefix($0) }) {
                found.month = found.month ?? month + 1
            }
        }
        return found
    }

    /// Days from 1970-01-01 to a day of the Gregorian calendar; nil for a day that does not exist.
    static func days(year: Int, month: Int, day: Int) -> Int64? {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard (1...12).contains(month), (1...lengths[month - 1]).contains(day) else { return nil }
        let years = year - 1
        let before = years * 365 + years / 4 - years / 100 + years / 400
        return Int64(before + lengths[..<(month - 1)].reduce(0, +) + day - 719_163)
    }
}
