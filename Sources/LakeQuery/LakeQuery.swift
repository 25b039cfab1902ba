// LakeQuery
