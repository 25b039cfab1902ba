#ifndef ALPHALAKE_CRE2_H
#define ALPHALAKE_CRE2_H

// Regular expressions in linear time, on RE2. A compiled pattern may be used by several threads at once. No call keeps
// a pointer into `text`, and no C++ exception leaves this library.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define CR_NOEXCEPT noexcept
extern "C" {
#else
#define CR_NOEXCEPT
#endif

enum {
    CR_IGNORE_CASE = 1,
    CR_LITERAL = 2,      // the pattern is plain text
    CR_DOT_NEWLINE = 4,  // a dot stands for a line feed too
};

typedef struct cr_pattern cr_pattern;

// NULL for what is no pattern or does not fit in memory; `message` then says why, ended by a zero.
cr_pattern *cr_compile(const uint8_t *text, size_t length, int flags, char *message, size_t message_size);
void cr_free(cr_pattern *pattern);

// The number of groups in parentheses.
int cr_groups(const cr_pattern *pattern);

// Whether the pattern is found in the text, or where `whole` describes all of it.
bool cr_matches(const cr_pattern *pattern, const uint8_t *text, size_t length, bool whole) CR_NOEXCEPT;

// Where group `group` (0 for all) of the leftmost match stands; false when there is no match. A group that takes no
// part in the match has length 0.
bool cr_find(
    const cr_pattern *pattern, const uint8_t *text, size_t length, int group, size_t *start, size_t *found_length)
    CR_NOEXCEPT;

// Whether `\1` and the like in `rewrite` refer to groups that are there.
bool cr_accepts(const cr_pattern *pattern, const uint8_t *rewrite, size_t rewrite_length) CR_NOEXCEPT;

// The text with the leftmost match, or where `all` every match, replaced; to be released with cr_free_text.
uint8_t *cr_replace(
    const cr_pattern *pattern, const uint8_t *text, size_t length, const uint8_t *rewrite, size_t rewrite_length,
    bool all, size_t *result_length) CR_NOEXCEPT;
void cr_free_text(uint8_t *text);

#ifdef __cplusplus
}
#endif

#endif
