// LakeIngest
