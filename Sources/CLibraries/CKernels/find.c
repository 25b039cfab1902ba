#include <string.h>

#include "CKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// Blocks are searched for places where both the first and the last byte of the needle stand; only those are compared.

static const uint8_t *find_portable(const uint8_t *text, size_t length, const uint8_t *needle, size_t size) {
    const uint8_t *end = text + length - size + 1;
    while (text < end) {
        text = memchr(text, needle[0], (size_t)(end - text));
        if (!text) return NULL;
        if (text[size - 1] == needle[size - 1] && memcmp(text, needle, size) == 0) return text;
        text++;
    }
    return NULL;
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static const uint8_t *find_avx2(
    const uint8_t *text, size_t length, const uint8_t *needle, size_t size) {
    const __m256i first = _mm256_set1_epi8((char)needle[0]);
    const __m256i last = _mm256_set1_epi8((char)needle[size - 1]);
    while (length >= size + 31) {
        __m256i head = _mm256_loadu_si256((const __m256i *)text);
        __m256i tail = _mm256_loadu_si256((const __m256i *)(text + size - 1));
        __m256i both = _mm256_and_si256(_mm256_cmpeq_epi8(head, first), _mm256_cmpeq_epi8(tail, last));
        uint32_t hits = (uint32_t)_mm256_movemask_epi8(both);
        while (hits) {
            const uint8_t *place = text + __builtin_ctz(hits);
            if (memcmp(place, needle, size) == 0) return place;
            hits &= hits - 1;
        }
        text += 32;
        length -= 32;
    }
    return length < size ? NULL : find_portable(text, length, needle, size);
}
#endif

ptrdiff_t ck_find(const uint8_t *text, size_t length, const uint8_t *needle, size_t size) {
    if (size == 0) return 0;
    if (size > length) return -1;
    const uint8_t *place;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2"))
        place = find_avx2(text, length, needle, size);
    else
#endif
        place = find_portable(text, length, needle, size);
    return place ? place - text : -1;
}
