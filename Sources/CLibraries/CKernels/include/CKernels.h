#ifndef ALPHALAKE_CKERNELS_H
#define ALPHALAKE_CKERNELS_H
#include <stddef.h>
#include <stdint.h>

/// Gathers the bits of `source` at the set positions of `mask` (both `words` long) to the front of `target`, which holds
/// at least as many words as the mask's population needs plus one. Returns the number of bits written.
size_t ck_extract_bits(const uint64_t *source, const uint64_t *mask, size_t words, uint64_t *target);

/// Where `needle` (of `size` bytes) first stands in `text`; SIZE_MAX when it does not. Reads nothing outside of both.
size_t ck_find(const uint8_t *text, size_t length, const uint8_t *needle, size_t size);
#endif
