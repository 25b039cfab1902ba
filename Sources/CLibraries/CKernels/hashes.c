#include "CKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// The finaliser of SplitMix64.
static const uint64_t first_factor = 0xBF58476D1CE4E5B9u, second_factor = 0x94D049BB133111EBu;

static size_t hash_portable(
    uint64_t start, uint64_t step, size_t from, size_t count, const uint32_t *codes, const uint64_t *limits,
    uint32_t *places, uint64_t *hashes, size_t done) {
    for (size_t row = from; row < count; row++) {
        uint64_t z = start + row * step;
        z = (z ^ (z >> 30)) * first_factor;
        z = (z ^ (z >> 27)) * second_factor;
        z ^= z >> 31;
        // Written in any case and kept or not: hits come at random, and a branch would be mispredicted.
        places[done] = (uint32_t)row;
        hashes[done] = z;
        done += z <= limits[codes ? codes[row] : 0];
    }
    return done;
}

#if defined(__x86_64__)
__attribute__((target("avx512f,avx512dq,avx512vl"))) static size_t hash_avx512(
    uint64_t start, uint64_t step, size_t count, const uint32_t *codes, const uint64_t *limits, uint32_t *places,
    uint64_t *hashes) {
    const __m512i a = _mm512_set1_epi64((long long)first_factor), b = _mm512_set1_epi64((long long)second_factor);
    const __m512i steps = _mm512_set1_epi64((long long)(8 * step));
    const __m512i all = _mm512_set1_epi64((long long)limits[0]);
    const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    __m512i next = _mm512_add_epi64(
        _mm512_set1_epi64((long long)start),
        _mm512_mullo_epi64(_mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7), _mm512_set1_epi64((long long)step)));
    size_t done = 0, row = 0;
    for (; row + 8 <= count; row += 8) {
        __m512i z = next;
        next = _mm512_add_epi64(next, steps);
        z = _mm512_mullo_epi64(_mm512_xor_si512(z, _mm512_srli_epi64(z, 30)), a);
        z = _mm512_mullo_epi64(_mm512_xor_si512(z, _mm512_srli_epi64(z, 27)), b);
        z = _mm512_xor_si512(z, _mm512_srli_epi64(z, 31));
        __m512i limit = all;
        if (codes) limit = _mm512_i32gather_epi64(_mm256_loadu_si256((const __m256i *)(codes + row)), limits, 8);
        __mmask8 hits = _mm512_cmple_epu64_mask(z, limit);
        if (!hits) continue;
        // Whole registers are written: there is room for as many rows as there are, and `done` is at most `row`.
        _mm512_storeu_si512(hashes + done, _mm512_maskz_compress_epi64(hits, z));
        __m256i own = _mm256_add_epi32(_mm256_set1_epi32((int)row), lanes);
        _mm256_storeu_si256((__m256i *)(places + done), _mm256_maskz_compress_epi32(hits, own));
        done += (size_t)__builtin_popcount(hits);
    }
    return hash_portable(start, step, row, count, codes, limits, places, hashes, done);
}
#endif

size_t ck_hash_rows(
    uint64_t start, uint64_t step, size_t count, const uint32_t *codes, const uint64_t *limits, uint32_t *places,
    uint64_t *hashes) {
#if defined(__x86_64__)
    // A gather takes its indices for signed ones.
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return hash_avx512(start, step, count, codes, limits, places, hashes);
#endif
    return hash_portable(start, step, 0, count, codes, limits, places, hashes, 0);
}
