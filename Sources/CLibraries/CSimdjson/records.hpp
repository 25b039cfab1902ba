#ifndef ALPHALAKE_RECORDS_HPP
#define ALPHALAKE_RECORDS_HPP

#include <algorithm>

#include "tokens.hpp"

namespace alphalake {

// Cuts a stream of bytes into records and indexes them. A record is handed out as a cursor, or as a CSJ_ code when it
// is no JSON at all.
class Records {
  public:
    explicit Records(int32_t layout) : layout(layout) {}

    int64_t line = 1;

    // Calls `record(cursor, code, line)` per record until it returns false. Returns the bytes that are done with.
    template <class Record> size_t each(const uint8_t *bytes, size_t length, bool last, Record &&record) {
        return layout == CSJ_LINES ? lines(bytes, length, last, record) : values(bytes, length, last, record);
    }

  private:
    // Small enough that bytes and tokens stay in the second-level cache.
    static constexpr size_t piece = 128 * 1024;

    int32_t layout;
    Index index;
    // CSJ_VALUES: inside the one array; a comma (or the end) must follow; the array is closed.
    enum { at_start, loose, before_first, before_value, behind_value, closed } state = at_start;

    static const uint8_t *find(const uint8_t *from, const uint8_t *to, int byte) {
        return static_cast<const uint8_t *>(std::memchr(from, byte, static_cast<size_t>(to - from)));
    }

    template <class Record> size_t lines(const uint8_t *bytes, size_t length, bool last, Record &record) {
        size_t done = 0;
        while (done < length) {
            size_t end = std::min(length, done + piece);
            if (end < length || !last) {
                auto cut = static_cast<const uint8_t *>(::memrchr(bytes + done, '\n', end - done));
                if (!cut) cut = find(bytes + end, bytes + length, '\n');
                if (cut) end = static_cast<size_t>(cut - bytes) + 1;
                else if (last) end = length;
                else break;
            }
            // A line break inside a string is an error of the first stage, so an index without error never crosses lines.
            if (index.run(bytes + done, end - done) == CSJ_OK) {
                if (!indexed_lines(bytes + done, end - done, done, record)) return done;
            } else if (!single_lines(bytes, end, done, record)) {
                return done;
            }
        }
        return done;
    }

    template <class Record> bool indexed_lines(const uint8_t *base, size_t size, size_t &done, Record &record) {
        const uint32_t *token = index.begin(), *stop = index.end();
        size_t at = 0;
        while (at < size) {
            auto cut = find(base + at, base + size, '\n');
            size_t end = cut ? static_cast<size_t>(cut - base) : size;
            const uint32_t *first = token;
            while (token < stop && *token < end) token++;
            size_t next = cut ? end + 1 : size;
            int64_t number = line++;
            done += next - at;
            at = next;
            if (token == first) continue;
            Cursor cursor{base, first, token, end};
            if (!record(cursor, CSJ_OK, number)) return false;
        }
        return true;
    }

    template <class Record> bool single_lines(const uint8_t *bytes, size_t end, size_t &done, Record &record) {
        while (done < end) {
            auto cut = find(bytes + done, bytes + end, '\n');
            size_t size = (cut ? static_cast<size_t>(cut - bytes) : end) - done;
            const uint8_t *base = bytes + done;
            int32_t code = index.run(base, size);
            int64_t number = line++;
            done += size + (cut ? 1 : 0);
            if (!code && index.begin() == index.end()) continue;
            Cursor cursor{base, code ? nullptr : index.begin(), code ? nullptr : index.end(), size};
            if (!record(cursor, code, number)) return false;
        }
        return true;
    }

    template <class Record> size_t values(const uint8_t *bytes, size_t length, bool last, Record &record) {
        size_t at = 0;
        Cursor none{bytes, nullptr, nullptr, 0};
        while (at < length) {
            uint8_t byte = bytes[at];
            if (byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n') {
                line += byte == '\n';
                at++;
            } else if (byte == '[' && state == at_start) {
                state = before_first;
                at++;
            } else if (byte == ',' && state == behind_value) {
                state = before_value;
                at++;
            } else if (byte == ']' && (state == before_first || state == behind_value)) {
                state = closed;
                at++;
            } else if (state == behind_value || state == closed || byte == ',' || byte == ']' || byte == '}') {
                // Out of place: refuse this line's rest and go on behind it.
                auto cut = find(bytes + at, bytes + length, '\n');
                if (!cut && !last) return at;
                at = cut ? static_cast<size_t>(cut - bytes) : length;
                if (!record(none, state == closed ? CSJ_TRAILING : CSJ_BAD_SYNTAX, line)) return at;
            } else {
                int64_t breaks = 0;
                size_t end = value_end(bytes, at, length, breaks);
                bool open = end == 0;
                if (open && !last) return at;
                if (open) end = length;
                int32_t code = open ? CSJ_CUT_OFF : index.run(bytes + at, end - at);
                Cursor cursor{bytes + at, code ? nullptr : index.begin(), code ? nullptr : index.end(), end - at};
                int64_t number = line;
                line += breaks;
                at = end;
                state = state == at_start || state == loose ? loose : behind_value;
                if (!record(cursor, code, number)) return at;
            }
        }
        if (last && (state == before_first || state == before_value || state == behind_value)) {
            state = closed;
            record(none, CSJ_CUT_OFF, line);
        }
        return at;
    }

    // One past the value that starts at `at`; 0 when it goes on behind `length`.
    static size_t value_end(const uint8_t *bytes, size_t at, size_t length, int64_t &breaks) {
        size_t depth = 0;
        bool quoted = false;
        for (size_t i = at; i < length; i++) {
            uint8_t byte = bytes[i];
            breaks += byte == '\n';
            if (quoted) {
                if (byte == '\\') i++;
                else if (byte == '"') quoted = false;
            } else if (byte == '"') {
                quoted = true;
            } else if (byte == '{' || byte == '[') {
                depth++;
            } else if (byte == '}' || byte == ']') {
                if (depth == 0) return i;
                if (--depth == 0) return i + 1;
            } else if (depth == 0 && (byte == ',' || byte == '\n')) {
                if (byte == '\n') breaks--;
                return i;
            }
        }
        return 0;
    }
};

}  // namespace alphalake

#endif
