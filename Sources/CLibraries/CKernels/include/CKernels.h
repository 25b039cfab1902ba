#ifndef ALPHALAKE_CKERNELS_H
#define ALPHALAKE_CKERNELS_H
#include <stddef.h>
#include <stdint.h>

/// Gathers the bits of `source` at the set positions of `mask` (both `words` long) to the front of `target`, which holds
/// at least as many words as the mask's population needs plus one. Returns the number of bits written.
size_t ck_extract_bits(const uint64_t *source, const uint64_t *mask, size_t words, uint64_t *target);

/// Unpacks values of `width` bits laid end to end, and adds `base` to each: as many of the `count` as vector instructions can,
/// a multiple of 8 (0 where the machine or the width does not allow it). 8 bytes behind the last value can be read.
size_t ck_unpack(const uint8_t *source, size_t count, unsigned width, uint32_t base, uint32_t *target);

/// Tells the C library not to give memory that is freed back to the system at once: a scan frees and takes the same sizes
/// for every chunk, and would fault in fresh pages each time.
void ck_keep_freed_memory(void);

/// Copies the values of `source` whose bit is set in `mask`, moved together, beginning behind the first `skip` of them and
/// ending after `count`. `target` has room for `count + 8`; what lies behind `count` is overwritten.
/// Returns how many there were.
size_t ck_compress_doubles(
    const double *source, const uint64_t *mask, size_t words, size_t skip, size_t count, double *target);

/// Adds to each row's cell its value and its count. A set of sums is `lane` doubles, a pair per cell; `lanes` are four of
/// them, to be added up. Cells are below `lane / 2`.
void ck_add_pairs(
    const uint32_t *cells, const double *values, const double *counts, size_t rows, double *lanes, size_t lane);

/// Where `needle` (of `size` bytes) first stands in `text`; -1 when it does not. Reads nothing outside of both.
ptrdiff_t ck_find(const uint8_t *text, size_t length, const uint8_t *needle, size_t size);

/// Hashes `start + row * step` for every row below `count` with the finaliser of SplitMix64, and writes the rows whose hash
/// is at most `limits[codes[row]]`, or `limits[0]` without codes, and the hashes; both have room for `count`. Codes are below
/// 2^31. Returns how many there are.
size_t ck_hash_rows(
    uint64_t start, uint64_t step, size_t count, const uint32_t *codes, const uint64_t *limits, uint32_t *places,
    uint64_t *hashes);

/// The bytes of stack that the calling thread has left; 0 when the system does not say.
size_t ck_stack_left(void);
#endif
