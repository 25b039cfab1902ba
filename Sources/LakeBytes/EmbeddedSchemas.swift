import CSchemas

/// Files of the repository's folder `Schemas/` that the program carries.
public enum EmbeddedSchemas {
    /// The contents of the file at `path` below `Schemas/`; empty when the program carries none such.
    public static func contents(of path: String) -> [UInt8] {
        var length = 0
        guard let bytes = alphalake_schema_file(path, &length) else { return [] }
        return Array(UnsafeBufferPointer(start: bytes, count: length))
    }
}
