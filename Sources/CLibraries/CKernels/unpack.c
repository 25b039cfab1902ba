#include "CKernels.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>

// Eight values take `width` whole bytes: their bits are laid out one per lane (pdep) and widened to 32 bits.
__attribute__((target("bmi2,avx2"))) static size_t unpack_bmi2(
    const uint8_t *source, size_t count, unsigned width, uint32_t base, uint32_t *target) {
    const __m256i bases = _mm256_set1_epi32((int)base);
    size_t done = 0;
    if (width <= 8) {
        const uint64_t lanes = 0x0101010101010101u * (((uint64_t)1 << width) - 1);
        for (; done + 8 <= count; done += 8, source += width) {
            uint64_t word;
            memcpy(&word, source, 8);
            __m128i bytes = _mm_cvtsi64_si128((long long)_pdep_u64(word, lanes));
            __m256i values = _mm256_add_epi32(_mm256_cvtepu8_epi32(bytes), bases);
            _mm256_storeu_si256((__m256i *)(target + done), values);
        }
        return done;
    }
    const uint64_t lanes = 0x0001000100010001u * (((uint64_t)1 << width) - 1);
    const unsigned middle = 4 * width;
    for (; done + 8 <= count; done += 8, source += width) {
        uint64_t low, high;
        memcpy(&low, source, 8);
        memcpy(&high, source + (middle >> 3), 8);
        high >>= middle & 7;
        __m128i halves = _mm_set_epi64x((long long)_pdep_u64(high, lanes), (long long)_pdep_u64(low, lanes));
        __m256i values = _mm256_add_epi32(_mm256_cvtepu16_epi32(halves), bases);
        _mm256_storeu_si256((__m256i *)(target + done), values);
    }
    return done;
}
#endif

size_t ck_unpack(const uint8_t *source, size_t count, unsigned width, uint32_t base, uint32_t *target) {
#if defined(__x86_64__)
    if (width >= 1 && width <= 16 && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("avx2"))
        return unpack_bmi2(source, count, width, base, target);
#endif
    return 0;
}
