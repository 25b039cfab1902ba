// LakeTable
