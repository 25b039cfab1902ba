#ifndef ALPHALAKE_TOKENS_HPP
#define ALPHALAKE_TOKENS_HPP

#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "CSimdjson.h"
#include <simdjson.h>

namespace alphalake {

// Deeper nesting than this is refused, so that walking a value needs a bounded stack.
constexpr int depth_limit = 256;

// simdjson's first stage: checks UTF-8 and strings, and finds where every token starts.
class Index {
  public:
    // Returns a CSJ_ code; CSJ_OK with no tokens for blank text.
    int32_t run(const uint8_t *bytes, size_t length);
    const uint32_t *begin() const { return parser->structural_indexes.get(); }
    const uint32_t *end() const { return begin() + count; }

  private:
    std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
    size_t count = 0;
};

// Walks the tokens of one record; positions are relative to `base`.
struct Cursor {
    const uint8_t *base;
    const uint32_t *next;
    const uint32_t *stop;
    size_t limit;

    bool done() const { return next == stop; }
    uint8_t peek() const { return done() ? 0 : base[*next]; }
    const uint8_t *position() const { return base + (done() ? limit : *next); }
    // The token's text without white space behind it.
    std::string_view take();
};

struct Number {
    enum Kind { bad, integer, huge, negative_zero, real } kind;
    bool negative;
    uint64_t magnitude;

    bool fits(int64_t low, uint64_t high) const {
        if (kind != integer) return false;
        return negative ? low < 0 && magnitude <= static_cast<uint64_t>(-(low + 1)) + 1 : magnitude <= high;
    }
    int64_t bits() const { return static_cast<int64_t>(negative ? 0 - magnitude : magnitude); }
};

Number scan_number(std::string_view text);

// The content of a string token between its quotes, escapes resolved, appended to `out`.
int32_t append_string(std::string_view token, std::vector<uint8_t> &out);

// Checks a value of any kind and moves behind it. `text` is the value as it stands in the input.
int32_t take_value(Cursor &cursor, std::string_view &text, int depth = 0);

// Checks the token of a string, number or literal.
int32_t check_scalar(std::string_view token);

// Calls `member(key token, cursor)` for each field of the object that the cursor stands at; it must take the value.
template <class Member> int32_t each_member(Cursor &cursor, Member &&member) {
    cursor.take();
    if (cursor.peek() == '}') return cursor.take(), CSJ_OK;
    while (true) {
        if (cursor.peek() != '"') return CSJ_BAD_SYNTAX;
        std::string_view key = cursor.take();
        if (key.back() != '"' || key.size() < 2 || cursor.peek() != ':') return CSJ_BAD_SYNTAX;
        cursor.take();
        if (int32_t code = member(key, cursor)) return code;
        uint8_t mark = cursor.peek();
        if (mark != ',' && mark != '}') return CSJ_BAD_SYNTAX;
        cursor.take();
        if (mark == '}') return CSJ_OK;
    }
}

// Calls `element(cursor)` for each element of the array that the cursor stands at; it must take the value.
template <class Element> int32_t each_element(Cursor &cursor, Element &&element) {
    cursor.take();
    if (cursor.peek() == ']') return cursor.take(), CSJ_OK;
    while (true) {
        if (int32_t code = element(cursor)) return code;
        uint8_t mark = cursor.peek();
        if (mark != ',' && mark != ']') return CSJ_BAD_SYNTAX;
        cursor.take();
        if (mark == ']') return CSJ_OK;
    }
}

inline bool has_backslash(std::string_view text) { return std::memchr(text.data(), '\\', text.size()) != nullptr; }

}  // namespace alphalake

#endif
