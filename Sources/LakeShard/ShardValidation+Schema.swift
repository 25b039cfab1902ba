import LakeBytes
import LakeCore

extension ShardValidation {
    /// Holds the schema segment, the footer and the expected schema against each other.
    func checkSchema(_ log: FindingLog) {
        var stored: Schema?
        log.attempt { stored = try reader.schema() }
        guard let stored else { return }
        let place = LakeError.Location(offset: reader.schemaOffset)
        if stored.fields != reader.fields { log.note("the schema's columns are not the footer's", at: place) }
        let groups = reader.groups.map(\.record)
        if stored.keyGroups.map(\.name) != groups.map(\.name) {
            log.note("the schema's key groups are not the footer's", at: place)
        }
        checkPlan(NodePlan(stored), log, place)
        if let schema { checkWidens(stored, to: schema, log, place) }
    }

    private func checkPlan(_ plan: NodePlan, _ log: FindingLog, _ place: LakeError.Location) {
        if plan.nodes != reader.nodes.map(\.record.role) {
            log.note("the nodes are not numbered as the schema demands", at: place)
        }
        for (index, group) in reader.groups.enumerated() where index < plan.codeNodes.count {
            let record = group.record
            if record.codeNode != plan.codeNodes[index] || record.countNode != plan.countNodes[index]
                || record.parent != plan.parents[index]
            {
                log.note("key group '\(record.name)' is not the schema's", at: place)
            }
        }
    }

    /// Every column that is still in the table has a type there that holds its values. How types widen is the table's business;
    /// here it is enough that the kind of values stays the same or becomes a float.
    private func checkWidens(_ stored: Schema, to schema: Schema, _ log: FindingLog, _ place: LakeError.Location) {
        for field in stored.fields {
            // A column that was dropped is in the shards still.
            guard let wider = schema.fields.first(where: { $0.id == field.id }) else { continue }
            let isSameKind =
                wider.type.physical == field.type.physical
                || field.type.physical == .integer && wider.type.physical == .float
            if !isSameKind || wider.type.width < field.type.width {
                log.note("column '\(field.name)' is \(field.type) and the table's is \(wider.type)", at: place)
            }
            if field.nullable, !wider.nullable {
                log.note("column '\(field.name)' may be NULL and the table's may not", at: place)
            }
        }
    }
}
