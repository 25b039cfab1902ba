#ifndef ALPHALAKE_COLUMN_HPP
#define ALPHALAKE_COLUMN_HPP

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "CSimdjson.h"

namespace alphalake {

// A growing column: each append adds one value or NULL, and a bad record is undone by cutting back to a count.
struct Column {
    int32_t kind = CSJ_TEXT;
    int64_t low = 0;
    uint64_t high = 0;
    int64_t fixed_size = 0;
    std::string name;
    std::unique_ptr<Column> child;

    size_t count = 0, nulls = 0;
    std::vector<uint64_t> validity;
    std::vector<int64_t> integers;
    std::vector<double> floats;
    std::vector<uint8_t> bytes;
    std::vector<int64_t> offsets{0};
    // The record that set this column last, to find keys that occur twice and fields that are absent.
    int64_t record = 0;

    void mark(bool valid) {
        if ((count & 63) == 0) validity.push_back(0);
        validity.back() |= uint64_t{valid} << (count & 63);
        nulls += !valid;
        count++;
    }

    void append_integer(int64_t value) { integers.push_back(value), mark(true); }
    void append_float(double value) { floats.push_back(value), mark(true); }
    void append_text(std::string_view text) {
        bytes.insert(bytes.end(), text.begin(), text.end());
        end_text();
    }
    // Ends a text whose bytes were appended in place.
    void end_text() { offsets.push_back(static_cast<int64_t>(bytes.size())), mark(true); }
    void end_list() { offsets.push_back(static_cast<int64_t>(child->count)), mark(true); }

    void append_null() {
        switch (kind) {
        case CSJ_BOOL: case CSJ_INTEGER: integers.push_back(0); break;
        case CSJ_FLOAT: floats.push_back(0); break;
        case CSJ_LIST:
            for (int64_t i = 0; i < fixed_size; i++) child->append_null();
            offsets.push_back(static_cast<int64_t>(child->count));
            break;
        default: offsets.push_back(static_cast<int64_t>(bytes.size()));
        }
        mark(false);
    }

    // Undoes a text or list that was begun and not ended.
    void drop_open() {
        if (kind == CSJ_LIST) child->cut(static_cast<size_t>(offsets.back()));
        else if (kind == CSJ_TEXT || kind == CSJ_STRING) bytes.resize(static_cast<size_t>(offsets.back()));
    }

    void cut(size_t to) {
        if (count > to) {
            for (size_t i = to; i < count; i++) nulls -= (validity[i >> 6] >> (i & 63) & 1) == 0;
            validity.resize((to + 63) / 64);
            if (to & 63) validity.back() &= (uint64_t{1} << (to & 63)) - 1;
            if (kind == CSJ_BOOL || kind == CSJ_INTEGER) integers.resize(to);
            else if (kind == CSJ_FLOAT) floats.resize(to);
            else offsets.resize(to + 1);
            count = to;
        }
        drop_open();
    }

    void clear() {
        cut(0);
        if (child) child->clear();
    }

    csj_buffers view() const {
        return {count, nulls, validity.data(), integers.data(), floats.data(), bytes.data(), bytes.size(), offsets.data()};
    }
};

}  // namespace alphalake

#endif
