#include "CKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

typedef uint64_t (*extract_word)(uint64_t, uint64_t);

static inline uint64_t portable_extract(uint64_t value, uint64_t mask) {
    uint64_t result = 0;
    for (uint64_t bit = 1; mask; bit += bit) {
        if (value & mask & -mask) result |= bit;
        mask &= mask - 1;
    }
    return result;
}

#define EXTRACT_LOOP(EXTRACT)                                                                     \
    size_t at = 0;                                                                                \
    uint64_t pending = 0;                                                                         \
    for (size_t i = 0; i < words; i++) {                                                          \
        uint64_t m = mask[i];                                                                     \
        if (!m) continue;                                                                         \
        uint64_t bits = EXTRACT(source[i], m);                                                    \
        unsigned shift = at & 63;                                                                 \
        pending |= bits << shift;                                                                 \
        size_t next = at + (size_t)__builtin_popcountll(m);                                       \
        if ((at >> 6) != (next >> 6)) {                                                           \
            target[at >> 6] = pending;                                                            \
            pending = shift ? bits >> (64 - shift) : 0;                                           \
        }                                                                                         \
        at = next;                                                                                \
    }                                                                                             \
    if (at & 63) target[at >> 6] = pending;                                                       \
    return at;

#if defined(__x86_64__)
__attribute__((target("bmi2,popcnt"))) static size_t extract_bmi2(
    const uint64_t *source, const uint64_t *mask, size_t words, uint64_t *target) {
    EXTRACT_LOOP(_pext_u64)
}
#endif

static size_t extract_portable(const uint64_t *source, const uint64_t *mask, size_t words, uint64_t *target) {
    EXTRACT_LOOP(portable_extract)
}

size_t ck_extract_bits(const uint64_t *source, const uint64_t *mask, size_t words, uint64_t *target) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("bmi2")) return extract_bmi2(source, mask, words, target);
#endif
    return extract_portable(source, mask, words, target);
}
