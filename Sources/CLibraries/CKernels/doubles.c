#include "CKernels.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// Where the values behind the first `skip` set bits of a mask begin: the word, and the word without the bits passed over.
static size_t begin(const uint64_t *mask, size_t words, size_t skip, uint64_t *first) {
    size_t word = 0;
    while (word < words) {
        size_t population = (size_t)__builtin_popcountll(mask[word]);
        if (skip < population) break;
        skip -= population;
        word++;
    }
    uint64_t rest = word < words ? mask[word] : 0;
    while (skip-- > 0) rest &= rest - 1;
    *first = rest;
    return word;
}

static size_t compress_portable(
    const double *source, const uint64_t *mask, size_t words, size_t skip, size_t count, double *target) {
    uint64_t bits;
    size_t done = 0;
    for (size_t word = begin(mask, words, skip, &bits); word < words && done < count; bits = mask[word]) {
        const double *from = source + 64 * word;
        while (bits && done < count) {
            target[done++] = from[__builtin_ctzll(bits)];
            bits &= bits - 1;
        }
        if (++word >= words) break;
    }
    return done;
}

#if defined(__x86_64__)
__attribute__((target("avx512f"))) static size_t compress_avx512(
    const double *source, const uint64_t *mask, size_t words, size_t skip, size_t count, double *target) {
    uint64_t bits;
    size_t done = 0;
    for (size_t word = begin(mask, words, skip, &bits); word < words && done < count; bits = mask[word]) {
        const double *from = source + 64 * word;
        for (; bits && done < count; bits >>= 8, from += 8) {
            __mmask8 part = (__mmask8)bits;
            if (!part) continue;
            // Lanes that are not in the mask are not read; a whole register is written.
            _mm512_storeu_pd(target + done, _mm512_maskz_compress_pd(part, _mm512_maskz_loadu_pd(part, from)));
            done += (size_t)__builtin_popcount(part);
        }
        if (++word >= words) break;
    }
    return done < count ? done : count;
}
#endif

size_t ck_compress_doubles(
    const double *source, const uint64_t *mask, size_t words, size_t skip, size_t count, double *target) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) return compress_avx512(source, mask, words, skip, count, target);
#endif
    return compress_portable(source, mask, words, skip, count, target);
}

void ck_add_pairs(
    const uint32_t *cells, const double *values, const double *counts, size_t rows, double *lanes, size_t lane) {
    // Rows that follow each other often have the same cell: four sets of sums, so that they need not wait for each other.
    size_t row = 0;
    double *sums[4] = {lanes, lanes + lane, lanes + 2 * lane, lanes + 3 * lane};
#if defined(__SSE2__)
    for (; row + 4 <= rows; row += 4) {
        for (size_t i = 0; i < 4; i++) {
            double *cell = sums[i] + 2 * (size_t)cells[row + i];
            __m128d pair = _mm_loadh_pd(_mm_load_sd(values + row + i), counts + row + i);
            _mm_storeu_pd(cell, _mm_add_pd(_mm_loadu_pd(cell), pair));
        }
    }
#endif
    for (; row < rows; row++) {
        double *cell = sums[row & 3] + 2 * (size_t)cells[row];
        cell[0] += values[row];
        cell[1] += counts[row];
    }
}
