// Tests of this room mirror its sources file for file.
