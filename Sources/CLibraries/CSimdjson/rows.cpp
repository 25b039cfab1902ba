#include <unordered_map>

#include "column.hpp"
#include "records.hpp"

using namespace alphalake;

namespace {
constexpr size_t exception_text_limit = 4096;
constexpr size_t refusal_text_limit = 80;
constexpr size_t unknown_limit = 4096;
constexpr uint64_t exact_in_double = uint64_t{1} << 53;
}  // namespace

struct csj_rows {
    Records records;
    bool refuse_unknown;
    std::vector<Column> columns;
    std::unordered_map<std::string_view, size_t> places;
    size_t count = 0, byte_count = 0;
    int64_t record = 0;
    std::vector<int64_t> lines;
    std::vector<csj_exception> exceptions;
    std::vector<csj_refusal> refusals;
    std::vector<uint8_t> text;
    std::vector<uint8_t> key_text;
    std::string_view culprit;
    std::vector<std::pair<std::string, int64_t>> unknown;
    std::unordered_map<std::string, size_t> unknown_places;

    csj_rows(int32_t layout, bool refuse) : records(layout), refuse_unknown(refuse) {}

    bool take(Cursor &cursor, int32_t code, int64_t line) {
        culprit = {};
        size_t exception_count = exceptions.size(), text_size = text.size();
        record++;
        if (!code) code = object(cursor);
        if (!code) {
            for (Column &column : columns)
                if (column.record != record) column.append_null();
            lines.push_back(line);
            count++;
            return true;
        }
        for (Column &column : columns) column.cut(count);
        exceptions.resize(exception_count);
        std::string detail(culprit.substr(0, refusal_text_limit));
        text.resize(text_size);
        refusals.push_back({line, code, text.size(), detail.size()});
        text.insert(text.end(), detail.begin(), detail.end());
        return false;
    }

    int32_t object(Cursor &cursor) {
        if (cursor.peek() != '{') {
            int32_t code = take_value(cursor, culprit);
            return code ? code : CSJ_NOT_AN_OBJECT;
        }
        size_t expected = 0;
        int32_t code = each_member(cursor, [&](std::string_view key, Cursor &at) { return member(key, at, expected); });
        if (!code && !cursor.done()) code = CSJ_TRAILING, culprit = cursor.take();
        return code;
    }

    int32_t member(std::string_view key, Cursor &cursor, size_t &expected) {
        std::string_view name = key.substr(1, key.size() - 2);
        if (has_backslash(key)) {
            key_text.clear();
            culprit = key;
            if (int32_t code = append_string(key, key_text)) return code;
            name = {reinterpret_cast<const char *>(key_text.data()), key_text.size()};
        }
        if (expected >= columns.size() || columns[expected].name != name) {
            auto found = places.find(name);
            if (found == places.end()) return unknown_field(name, cursor);
            expected = found->second;
        }
        Column &column = columns[expected];
        if (column.record == record) return culprit = name, CSJ_DUPLICATE_KEY;
        column.record = record;
        auto place = static_cast<int32_t>(expected++);
        return column.kind == CSJ_LIST ? list(column, place, cursor) : value(column, place, -1, cursor);
    }

    int32_t unknown_field(std::string_view name, Cursor &cursor) {
        std::string key(name);
        if (refuse_unknown) return culprit = name, CSJ_UNKNOWN_FIELD;
        auto found = unknown_places.find(key);
        if (found != unknown_places.end()) {
            unknown[found->second].second++;
        } else if (unknown.size() < unknown_limit) {
            unknown_places.emplace(key, unknown.size());
            unknown.emplace_back(key, 1);
        }
        return take_value(cursor, culprit);
    }

    void except(Column &column, int32_t place, int64_t element, int32_t saw, std::string_view shown) {
        shown = shown.substr(0, exception_text_limit);
        exceptions.push_back({static_cast<int64_t>(count), place, saw, element, text.size(), shown.size()});
        text.insert(text.end(), shown.begin(), shown.end());
        column.append_null();
    }

    int32_t list(Column &column, int32_t place, Cursor &cursor) {
        if (cursor.peek() != '[') return value(column, place, -1, cursor);
        Column &child = *column.child;
        int32_t code = each_element(cursor, [&](Cursor &at) {
            return value(child, place, static_cast<int64_t>(child.count), at);
        });
        if (code) return code;
        int64_t length = static_cast<int64_t>(child.count) - column.offsets.back();
        if (column.fixed_size == 0 || length == column.fixed_size) return column.end_list(), CSJ_OK;
        column.drop_open();
        // The elements are gone, and with them what was noted about them.
        while (!exceptions.empty() && exceptions.back().row == static_cast<int64_t>(count) &&
               exceptions.back().column == place)
            exceptions.pop_back();
        except(column, place, -1, CSJ_SAW_LENGTH, std::to_string(length));
        return CSJ_OK;
    }

    // Appends one value to a column, or to the child of the list column at `place`.
    int32_t value(Column &column, int32_t place, int64_t element, Cursor &cursor) {
        if (cursor.done()) return CSJ_CUT_OFF;
        bool any = column.kind == CSJ_TEXT;
        uint8_t first = cursor.peek();
        if (first == '"') {
            std::string_view token = cursor.take();
            if (token.size() < 2 || token.back() != '"') return culprit = token, CSJ_BAD_SYNTAX;
            if (any || column.kind == CSJ_STRING) {
                if (!has_backslash(token)) return column.append_text(token.substr(1, token.size() - 2)), CSJ_OK;
                if (int32_t code = append_string(token, column.bytes)) return culprit = token, code;
                return column.end_text(), CSJ_OK;
            }
            std::vector<uint8_t> content;
            if (int32_t code = append_string(token, content)) return culprit = token, code;
            except(column, place, element, CSJ_SAW_STRING, {reinterpret_cast<const char *>(content.data()), content.size()});
            return CSJ_OK;
        }
        if (first == '{' || first == '[') {
            std::string_view nested;
            if (int32_t code = take_value(cursor, nested)) return code;
            if (any) column.append_text(nested);
            else except(column, place, element, first == '{' ? CSJ_SAW_OBJECT : CSJ_SAW_ARRAY, nested);
            return CSJ_OK;
        }
        std::string_view token = cursor.take();
        if (first == 'n') return token == "null" ? (column.append_null(), CSJ_OK) : (culprit = token, CSJ_BAD_LITERAL);
        if (first == 't' || first == 'f') {
            if (token != "true" && token != "false") return culprit = token, CSJ_BAD_LITERAL;
            if (column.kind == CSJ_BOOL) column.append_integer(first == 't');
            else if (any) column.append_text(token);
            else except(column, place, element, CSJ_SAW_BOOL, token);
            return CSJ_OK;
        }
        return number(column, place, element, token);
    }

    int32_t number(Column &column, int32_t place, int64_t element, std::string_view token) {
        Number number = scan_number(token);
        if (number.kind == Number::bad) return culprit = token, check_scalar(token);
        if (column.kind == CSJ_TEXT) return column.append_text(token), CSJ_OK;
        if (column.kind == CSJ_INTEGER && number.fits(column.low, column.high))
            return column.append_integer(number.bits()), CSJ_OK;
        if (column.kind == CSJ_FLOAT) {
            double value = 0;
            bool whole = number.kind == Number::integer;
            if (whole && number.magnitude <= exact_in_double) {
                double magnitude = static_cast<double>(number.magnitude);
                return column.append_float(number.negative ? -magnitude : magnitude), CSJ_OK;
            }
            if (number.kind == Number::negative_zero) return column.append_float(-0.0), CSJ_OK;
            if (number.kind == Number::real &&
                csj_parse_double(reinterpret_cast<const uint8_t *>(token.data()), token.size(), &value))
                return column.append_float(value), CSJ_OK;
        }
        except(column, place, element, CSJ_SAW_NUMBER, token);
        return CSJ_OK;
    }
};

csj_rows *csj_rows_new(const csj_column *columns, size_t count, int32_t layout, bool refuse_unknown) {
    try {
        auto rows = std::make_unique<csj_rows>(layout, refuse_unknown);
        rows->columns.resize(count);
        for (size_t i = 0; i < count; i++) {
            Column &column = rows->columns[i];
            const csj_column &wanted = columns[i];
            column.name.assign(reinterpret_cast<const char *>(wanted.name), wanted.name_length);
            column.kind = wanted.kind;
            column.low = wanted.low;
            column.high = wanted.high;
            if (wanted.kind != CSJ_LIST) continue;
            column.fixed_size = wanted.fixed_size;
            column.child = std::make_unique<Column>();
            column.child->kind = wanted.element;
            column.child->low = wanted.low;
            column.child->high = wanted.high;
        }
        for (size_t i = 0; i < count; i++) rows->places.emplace(rows->columns[i].name, i);
        return rows.release();
    } catch (...) {
        return nullptr;
    }
}

void csj_rows_free(csj_rows *rows) { delete rows; }

size_t csj_rows_parse(
    csj_rows *rows, const uint8_t *bytes, size_t length, bool last, size_t row_limit, size_t byte_limit) {
    try {
        return rows->records.each(bytes, length, last, [&](Cursor &cursor, int32_t code, int64_t line) {
            // The record's own length stands for the room it takes: asking every column would cost more per row.
            size_t size = cursor.done() ? 0 : cursor.limit - *cursor.next;
            if (!rows->take(cursor, code, line)) return rows->refusals.size() < row_limit;
            rows->byte_count += size;
            return rows->count < row_limit && rows->byte_count < byte_limit;
        });
    } catch (...) {
        rows->refusals.push_back({rows->records.line, CSJ_OUT_OF_MEMORY, 0, 0});
        return length;
    }
}

size_t csj_rows_count(const csj_rows *rows) { return rows->count; }
size_t csj_rows_bytes(const csj_rows *rows) { return rows->byte_count; }
int64_t csj_rows_line(const csj_rows *rows) { return rows->records.line; }
const int64_t *csj_rows_lines(const csj_rows *rows) { return rows->lines.data(); }
csj_buffers csj_rows_column(const csj_rows *rows, size_t column) { return rows->columns[column].view(); }
csj_buffers csj_rows_child(const csj_rows *rows, size_t column) { return rows->columns[column].child->view(); }

const csj_exception *csj_rows_exceptions(const csj_rows *rows, size_t *count) {
    *count = rows->exceptions.size();
    return rows->exceptions.data();
}

const csj_refusal *csj_rows_refusals(const csj_rows *rows, size_t *count) {
    *count = rows->refusals.size();
    return rows->refusals.data();
}

const uint8_t *csj_rows_text(const csj_rows *rows, size_t *length) {
    *length = rows->text.size();
    return rows->text.data();
}

size_t csj_rows_unknown_count(const csj_rows *rows) { return rows->unknown.size(); }

int64_t csj_rows_unknown(const csj_rows *rows, size_t index, const uint8_t **name, size_t *length) {
    const auto &field = rows->unknown[index];
    *name = reinterpret_cast<const uint8_t *>(field.first.data());
    *length = field.first.size();
    return field.second;
}

void csj_rows_clear(csj_rows *rows) {
    for (Column &column : rows->columns) column.clear();
    rows->count = rows->byte_count = 0;
    rows->lines.clear();
    rows->exceptions.clear();
    rows->refusals.clear();
    rows->text.clear();
}
