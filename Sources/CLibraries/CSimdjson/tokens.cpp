#include "tokens.hpp"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string>

namespace alphalake {

int32_t Index::run(const uint8_t *bytes, size_t length) {
    count = 0;
    if (length == 0) return CSJ_OK;
    if (!parser || parser->capacity() < length) {
        size_t capacity = std::max<size_t>(length, parser ? parser->capacity() * 2 : 0);
        capacity = std::min<size_t>(capacity, simdjson::SIMDJSON_MAXSIZE_BYTES);
        parser.reset();
        if (simdjson::get_active_implementation()->create_dom_parser_implementation(capacity, 1, parser))
            return CSJ_OUT_OF_MEMORY;
    }
    switch (parser->stage1(bytes, length, simdjson::stage1_mode::regular)) {
    case simdjson::SUCCESS: count = parser->n_structural_indexes; return CSJ_OK;
    case simdjson::EMPTY: return CSJ_OK;
    case simdjson::UTF8_ERROR: return CSJ_BAD_UTF8;
    case simdjson::UNCLOSED_STRING: return CSJ_OPEN_STRING;
    case simdjson::UNESCAPED_CHARS: return CSJ_CONTROL_CHARACTER;
    case simdjson::MEMALLOC:
    case simdjson::CAPACITY: return CSJ_OUT_OF_MEMORY;
    default: return CSJ_BAD_SYNTAX;
    }
}

static bool is_space(uint8_t byte) { return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r'; }
static bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

std::string_view Cursor::take() {
    size_t start = *next++;
    size_t end = done() ? limit : *next;
    while (end > start + 1 && is_space(base[end - 1])) end--;
    return {reinterpret_cast<const char *>(base + start), end - start};
}

Number scan_number(std::string_view text) {
    const char *at = text.data(), *end = at + text.size();
    Number number{Number::bad, false, 0};
    if (at < end && *at == '-') number.negative = true, at++;
    if (at == end || !is_digit(*at)) return number;
    const char *digits = at;
    uint64_t value = 0;
    bool huge = false;
    while (at < end && is_digit(*at)) {
        uint64_t digit = static_cast<uint64_t>(*at++ - '0');
        huge |= __builtin_mul_overflow(value, uint64_t{10}, &value) || __builtin_add_overflow(value, digit, &value);
    }
    if (*digits == '0' && at - digits > 1) return number;
    Number::Kind kind = huge ? Number::huge : Number::integer;
    if (at < end && *at == '.') {
        kind = Number::real;
        if (++at == end || !is_digit(*at)) return number;
        while (at < end && is_digit(*at)) at++;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        kind = Number::real;
        at++;
        if (at < end && (*at == '+' || *at == '-')) at++;
        if (at == end || !is_digit(*at)) return number;
        while (at < end && is_digit(*at)) at++;
    }
    if (at != end) return number;
    if (kind == Number::integer && number.negative) {
        if (value == 0) kind = Number::negative_zero;
        else if (value > uint64_t{1} << 63) kind = Number::huge;
    }
    number.kind = kind;
    number.magnitude = value;
    return number;
}

static int hex_value(char byte) {
    if (is_digit(byte)) return byte - '0';
    if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
    if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
    return -1;
}

// Reads the four digits of \uXXXX; -1 when they are none.
static int32_t code_unit(const char *at, const char *end) {
    if (end - at < 4) return -1;
    int32_t unit = 0;
    for (int i = 0; i < 4; i++) {
        int value = hex_value(at[i]);
        if (value < 0) return -1;
        unit = unit << 4 | value;
    }
    return unit;
}

static void append_utf8(uint32_t code, std::vector<uint8_t> &out) {
    if (code < 0x80) {
        out.push_back(static_cast<uint8_t>(code));
        return;
    }
    int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    out.push_back(static_cast<uint8_t>((0xF0 << (3 - more) & 0xFF) | code >> (6 * more)));
    while (more-- > 0) out.push_back(static_cast<uint8_t>(0x80 | (code >> (6 * more) & 0x3F)));
}

int32_t append_string(std::string_view token, std::vector<uint8_t> &out) {
    if (token.size() < 2 || token.back() != '"') return CSJ_BAD_SYNTAX;
    const char *at = token.data() + 1, *end = token.data() + token.size() - 1;
    while (at < end) {
        const char *escape = static_cast<const char *>(std::memchr(at, '\\', static_cast<size_t>(end - at)));
        const char *plain = escape ? escape : end;
        out.insert(out.end(), at, plain);
        if (!escape) break;
        at = escape + 1;
        if (at == end) return CSJ_BAD_ESCAPE;
        switch (*at++) {
        case '"': out.push_back('"'); break;
        case '\\': out.push_back('\\'); break;
        case '/': out.push_back('/'); break;
        case 'b': out.push_back('\b'); break;
        case 'f': out.push_back('\f'); break;
        case 'n': out.push_back('\n'); break;
        case 'r': out.push_back('\r'); break;
        case 't': out.push_back('\t'); break;
        case 'u': {
            int32_t unit = code_unit(at, end);
            if (unit < 0) return CSJ_BAD_ESCAPE;
            at += 4;
            uint32_t code = static_cast<uint32_t>(unit);
            if (unit >= 0xD800 && unit < 0xE000) {
                int32_t low = end - at >= 6 && at[0] == '\\' && at[1] == 'u' ? code_unit(at + 2, end) : -1;
                if (unit >= 0xDC00 || low < 0xDC00 || low > 0xDFFF) return CSJ_LONE_SURROGATE;
                code = 0x10000 + ((code - 0xD800) << 10) + static_cast<uint32_t>(low - 0xDC00);
                at += 6;
            }
            append_utf8(code, out);
            break;
        }
        default: return CSJ_BAD_ESCAPE;
        }
    }
    return CSJ_OK;
}

int32_t check_scalar(std::string_view token) {
    switch (token.front()) {
    case '"': {
        if (token.size() < 2 || token.back() != '"') return CSJ_BAD_SYNTAX;
        if (!has_backslash(token)) return CSJ_OK;
        std::vector<uint8_t> unused;
        return append_string(token, unused);
    }
    case 't': return token == "true" ? CSJ_OK : CSJ_BAD_LITERAL;
    case 'f': return token == "false" ? CSJ_OK : CSJ_BAD_LITERAL;
    case 'n': return token == "null" ? CSJ_OK : CSJ_BAD_LITERAL;
    case '-': case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
        return scan_number(token).kind == Number::bad ? CSJ_BAD_NUMBER : CSJ_OK;
    case '}': case ']': case ',': case ':': return CSJ_BAD_SYNTAX;
    default: return CSJ_BAD_LITERAL;
    }
}

int32_t take_value(Cursor &cursor, std::string_view &text, int depth) {
    if (cursor.done()) return CSJ_CUT_OFF;
    if (depth > depth_limit) return CSJ_TOO_DEEP;
    const char *start = reinterpret_cast<const char *>(cursor.position());
    std::string_view inner;
    int32_t code;
    switch (cursor.peek()) {
    case '{':
        code = each_member(cursor, [&](std::string_view key, Cursor &at) {
            int32_t bad = check_scalar(key);
            return bad ? bad : take_value(at, inner, depth + 1);
        });
        break;
    case '[': code = each_element(cursor, [&](Cursor &at) { return take_value(at, inner, depth + 1); }); break;
    default:
        text = cursor.take();
        return check_scalar(text);
    }
    if (code) return code;
    // The closing bracket was the token before the one that the cursor stands at.
    const char *end = reinterpret_cast<const char *>(cursor.base + cursor.next[-1]) + 1;
    text = {start, static_cast<size_t>(end - start)};
    return CSJ_OK;
}

}  // namespace alphalake

bool csj_parse_double(const uint8_t *text, size_t length, double *value) {
    const char *start = reinterpret_cast<const char *>(text);
    auto [end, error] = std::from_chars(start, start + length, *value, std::chars_format::general);
    if (error == std::errc()) return end == start + length;
    if (error != std::errc::result_out_of_range) return false;
    // Too large or too small: only strtod tells the two apart and gives the nearest subnormal.
    try {
        std::string copy(start, length);
        *value = std::strtod(copy.c_str(), nullptr);
        return std::isfinite(*value);
    } catch (...) {
        return false;
    }
}
