import CArrow
import Glibc
import LakeArrow

/// Writes columns as `ArrowSchema`. What is written belongs to whoever calls its `release`.
enum SchemaExport {
    /// A struct of the fields: the schema of a stream.
    static func write(_ fields: [ArrowField], to schema: UnsafeMutablePointer<ArrowSchema>) {
        write("+s", name: "", children: fields, to: schema)
    }

    private static func write(_ field: ArrowField, to schema: UnsafeMutablePointer<ArrowSchema>) {
        guard field.isDictionary else {
            return write(field.type.arrowFormat, name: field.name, children: field.children, to: schema)
        }
        let values = UnsafeMutablePointer<ArrowSchema>.allocate(capacity: 1)
        write(field.type.arrowFormat, name: "", children: [], to: values)
        write("i", name: field.name, children: [], dictionary: values, to: schema)
    }

    private static func write(
        _ format: String, name: String, children: [ArrowField], dictionary: UnsafeMutablePointer<ArrowSchema>? = nil,
        to schema: UnsafeMutablePointer<ArrowSchema>
    ) {
        let pointers = UnsafeMutablePointer<UnsafeMutablePointer<ArrowSchema>?>.allocate(capacity: children.count)
        for (index, child) in children.enumerated() {
            let pointer = UnsafeMutablePointer<ArrowSchema>.allocate(capacity: 1)
            write(child, to: pointer)
            (pointers + index).initialize(to: pointer)
        }
        schema.initialize(
            to: ArrowSchema(
                format: UnsafePointer(strdup(format)), name: UnsafePointer(strdup(name)), metadata: nil,
                flags: Int64(ARROW_FLAG_NULLABLE), n_children: Int64(children.count), children: pointers,
                dictionary: dictionary, release: { SchemaExport.release($0) }, private_data: nil))
        LiveExports.began()
    }

    private static func release(_ schema: UnsafeMutablePointer<ArrowSchema>?) {
        guard let schema, schema.pointee.release != nil else { return }
        for index in 0..<Int(schema.pointee.n_children) {
            guard let child = schema.pointee.children?[index] else { continue }
            child.pointee.release?(child)
            child.deallocate()
        }
        if let dictionary = schema.pointee.dictionary {
            dictionary.pointee.release?(dictionary)
            dictionary.deallocate()
        }
        schema.pointee.children?.deallocate()
        free(UnsafeMutableRawPointer(mutating: schema.pointee.format))
        free(UnsafeMutableRawPointer(mutating: schema.pointee.name))
        schema.pointee.release = nil
        LiveExports.ended()
    }
}
