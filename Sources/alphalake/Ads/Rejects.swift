import AlphaAds
import Glibc
import LakeBytes
import LakeCore
import LakeIngest

/// Rows that an import left out, written aside: a JSON object per line with file, reason and the cells as they came.
final class Rejects {
    private let path: String
    private let stream: StandardStream
    private let descriptor: Int32

    /// - Throws: `LakeError` (io) when the file cannot be made; it must not be there.
    init(path: String) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            let reason = String(cString: strerror(errno))
            throw LakeError(
                .io, "cannot make the file of rejects: \(reason)", at: .init(file: path),
                hint: errno == EEXIST ? "remove it first, or name another" : nil)
        }
        stream = StandardStream(descriptor: descriptor)
    }

    deinit { close(descriptor) }

    func add(file: String, reason: String, cells: [(field: String, text: [UInt8])]) throws {
        var line = Rejects.opening(file, reason)
        line += Array(",\"row\":{".utf8)
        for (index, cell) in cells.enumerated() {
            if index > 0 { line.append(UInt8(ascii: ",")) }
            CellText.appendJSON(string: Array(cell.field.utf8)[...], to: &line)
            line.append(UInt8(ascii: ":"))
            CellText.appendJSON(string: cell.text[...], to: &line)
        }
        try stream.write(line + Array("}}\n".utf8))
    }

    func add(_ bad: BadLine) throws {
        var line = Rejects.opening(bad.file, bad.reason)
        line += Array(",\"line\":\(bad.line)".utf8)
        try stream.write(line + Array("}\n".utf8))
    }

    private static func opening(_ file: String, _ reason: String) -> [UInt8] {
        var line = Array("{\"file\":".utf8)
        CellText.appendJSON(string: Array(file.utf8)[...], to: &line)
        line += Array(",\"reason\":".utf8)
        CellText.appendJSON(string: Array(reason.utf8)[...], to: &line)
        return line
    }

    func finish() throws { try stream.flush() }
}
