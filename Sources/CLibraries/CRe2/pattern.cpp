#include <re2/re2.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include "CRe2.h"

struct cr_pattern {
    RE2 expression;

    cr_pattern(re2::StringPiece text, const RE2::Options &options) : expression(text, options) {}
};

namespace {

re2::StringPiece piece(const uint8_t *text, size_t length) {
    return re2::StringPiece(reinterpret_cast<const char *>(text), length);
}

void say(const std::string &text, char *message, size_t size) {
    if (size == 0) return;
    size_t length = std::min(text.size(), size - 1);
    std::memcpy(message, text.data(), length);
    message[length] = 0;
}

}  // namespace

cr_pattern *cr_compile(const uint8_t *text, size_t length, int flags, char *message, size_t message_size) {
    try {
        RE2::Options options;
        options.set_log_errors(false);
        options.set_case_sensitive(!(flags & CR_IGNORE_CASE));
        options.set_literal(flags & CR_LITERAL);
        options.set_dot_nl(flags & CR_DOT_NEWLINE);
        auto *pattern = new cr_pattern(piece(text, length), options);
        if (pattern->expression.ok()) return pattern;
        say(pattern->expression.error(), message, message_size);
        delete pattern;
    } catch (const std::bad_alloc &) {
        say("out of memory", message, message_size);
    }
    return nullptr;
}

void cr_free(cr_pattern *pattern) { delete pattern; }

int cr_groups(const cr_pattern *pattern) { return pattern->expression.NumberOfCapturingGroups(); }

// From here on, memory that is short ends the process, as it does in Swift: there is no answer to give.

bool cr_matches(const cr_pattern *pattern, const uint8_t *text, size_t length, bool whole) noexcept {
    auto anchor = whole ? RE2::ANCHOR_BOTH : RE2::UNANCHORED;
    return pattern->expression.Match(piece(text, length), 0, length, anchor, nullptr, 0);
}

bool cr_find(
    const cr_pattern *pattern, const uint8_t *text, size_t length, int group, size_t *start,
    size_t *found_length) noexcept {
    *start = *found_length = 0;
    if (group < 0 || group > cr_groups(pattern)) return false;
    std::vector<re2::StringPiece> groups(static_cast<size_t>(group) + 1);
    re2::StringPiece whole = piece(text, length);
    if (!pattern->expression.Match(whole, 0, length, RE2::UNANCHORED, groups.data(), group + 1)) return false;
    const re2::StringPiece &found = groups[static_cast<size_t>(group)];
    if (found.data() == nullptr) return true;
    *start = static_cast<size_t>(found.data() - whole.data());
    *found_length = found.size();
    return true;
}

bool cr_accepts(const cr_pattern *pattern, const uint8_t *rewrite, size_t rewrite_length) noexcept {
    std::string error;
    return pattern->expression.CheckRewriteString(piece(rewrite, rewrite_length), &error);
}

uint8_t *cr_replace(
    const cr_pattern *pattern, const uint8_t *text, size_t length, const uint8_t *rewrite, size_t rewrite_length,
    bool all, size_t *result_length) noexcept {
    std::string result(reinterpret_cast<const char *>(text), length);
    if (all)
        RE2::GlobalReplace(&result, pattern->expression, piece(rewrite, rewrite_length));
    else
        RE2::Replace(&result, pattern->expression, piece(rewrite, rewrite_length));
    auto *copy = static_cast<uint8_t *>(std::malloc(result.size() + 1));
    if (copy == nullptr) std::terminate();
    std::memcpy(copy, result.data(), result.size());
    *result_length = result.size();
    return copy;
}

void cr_free_text(uint8_t *text) { std::free(text); }
