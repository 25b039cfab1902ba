#ifndef ALPHALAKE_CSIMDJSON_H
#define ALPHALAKE_CSIMDJSON_H

// JSON records to column buffers, on simdjson's structural index. One call takes a block of bytes with many records, so
// that the language border is crossed per block and never per value. Nothing here is thread-safe by itself; use one
// reader or profile per thread. No call keeps a pointer into `bytes`, and no C++ exception leaves this library.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// What a column takes from a JSON value without further questions. Everything else becomes an exception (below).
enum {
    CSJ_BOOL = 0,     // true, false
    CSJ_INTEGER = 1,  // integers within [low, high]
    CSJ_FLOAT = 2,    // numbers that float64 holds: every integer up to 2^53, others rounded to the nearest
    CSJ_TEXT = 3,     // strings; other values as their JSON text
    CSJ_STRING = 4,   // strings only, for types that are spelled as text (date, timestamp, binary)
    CSJ_LIST = 5,     // arrays of one of the kinds above
};

// Why a record is refused.
enum {
    CSJ_OK = 0,
    CSJ_BAD_UTF8 = 1,
    CSJ_OPEN_STRING = 2,
    CSJ_CONTROL_CHARACTER = 3,
    CSJ_BAD_SYNTAX = 4,
    CSJ_BAD_NUMBER = 5,
    CSJ_BAD_ESCAPE = 6,
    CSJ_LONE_SURROGATE = 7,
    CSJ_NOT_AN_OBJECT = 8,
    CSJ_DUPLICATE_KEY = 9,
    CSJ_TOO_DEEP = 10,
    CSJ_TRAILING = 11,
    CSJ_UNKNOWN_FIELD = 12,
    CSJ_CUT_OFF = 13,
    CSJ_OUT_OF_MEMORY = 14,
    CSJ_TOO_MANY_FIELDS = 15,
    CSJ_BAD_LITERAL = 16,
};

// What stands where a value of another kind was wanted.
enum {
    CSJ_SAW_STRING = 0,
    CSJ_SAW_NUMBER = 1,
    CSJ_SAW_BOOL = 2,
    CSJ_SAW_OBJECT = 3,
    CSJ_SAW_ARRAY = 4,
    CSJ_SAW_LENGTH = 5,  // an array with another number of elements than a fixed list has
};

// How records stand in the input.
enum {
    CSJ_LINES = 0,   // one object per line
    CSJ_VALUES = 1,  // one array of objects, or objects after another, over any number of lines
};

typedef struct {
    const uint8_t *name;
    size_t name_length;
    int32_t kind;
    int32_t element;     // kind of the elements when kind is CSJ_LIST
    int64_t low;         // smallest integer the column (or its elements) can hold
    uint64_t high;       // largest
    int64_t fixed_size;  // elements of a fixed list, 0 for the others
} csj_column;

// A column's buffers, valid until the next call on the reader. A NULL takes a place (0, 0.0, an empty text) in them.
typedef struct {
    size_t count;
    size_t nulls;
    const uint64_t *validity;  // one bit per value, 1 = not NULL
    const int64_t *integers;   // bool and integers
    const double *floats;
    const uint8_t *bytes;  // texts end to end
    size_t byte_count;
    const int64_t *offsets;  // texts and lists: count + 1
} csj_buffers;

// A value whose kind was not the wanted one: the caller converts it or refuses the row. A NULL holds its place.
typedef struct {
    int64_t row;
    int32_t column;
    int32_t saw;
    int64_t element;  // position in the child of a list column, -1 for the column itself
    size_t text_start, text_length;  // in the text of csj_rows_text; a string's content, else the JSON text; at most 4096 bytes
} csj_exception;

// A record that was left out.
typedef struct {
    int64_t line;
    int32_t code;
    size_t text_start, text_length;  // the key or the value in question, in csj_rows_text; may be empty
} csj_refusal;

typedef struct csj_rows csj_rows;

csj_rows *csj_rows_new(const csj_column *columns, size_t count, int32_t layout, bool refuse_unknown);
void csj_rows_free(csj_rows *rows);
// Takes whole records from `bytes`, which must be followed by 64 readable bytes, until `row_limit` rows or
// `byte_limit` bytes of values are held. Returns how many bytes were taken; the rest is to be offered again with more
// behind it. `last`: nothing follows these bytes.
size_t csj_rows_parse(
    csj_rows *rows, const uint8_t *bytes, size_t length, bool last, size_t row_limit, size_t byte_limit);
size_t csj_rows_count(const csj_rows *rows);
size_t csj_rows_bytes(const csj_rows *rows);
// Lines that are behind all records taken so far.
int64_t csj_rows_line(const csj_rows *rows);
const int64_t *csj_rows_lines(const csj_rows *rows);
csj_buffers csj_rows_column(const csj_rows *rows, size_t column);
csj_buffers csj_rows_child(const csj_rows *rows, size_t column);
const csj_exception *csj_rows_exceptions(const csj_rows *rows, size_t *count);
const csj_refusal *csj_rows_refusals(const csj_rows *rows, size_t *count);
const uint8_t *csj_rows_text(const csj_rows *rows, size_t *length);
// Fields outside the columns: how many distinct names, and one of them with the number of records that had it.
size_t csj_rows_unknown_count(const csj_rows *rows);
int64_t csj_rows_unknown(const csj_rows *rows, size_t index, const uint8_t **name, size_t *length);
// Forgets the rows, exceptions and refusals held, keeping line numbers, unknown fields and memory.
void csj_rows_clear(csj_rows *rows);

// What was seen of a field over many records.
enum {
    CSJ_HAS_NULL = 0,
    CSJ_HAS_BOOL = 1,
    CSJ_HAS_INTEGER = 2,
    CSJ_HAS_LARGE_INTEGER = 3,  // beyond 2^53, still 64 bits
    CSJ_HAS_HUGE_INTEGER = 4,   // beyond 64 bits
    CSJ_HAS_NEGATIVE_ZERO = 5,
    CSJ_HAS_REAL = 6,
    CSJ_HAS_OVERFLOW = 7,  // beyond float64
    CSJ_HAS_STRING = 8,
    CSJ_HAS_EMPTY = 9,
    CSJ_HAS_TEXT = 10,  // a string that no other type spells
    CSJ_HAS_LIST = 11,
    CSJ_HAS_NESTED = 12,  // an object, or an array that holds objects or arrays
    CSJ_SEEN_KINDS = 13,
};

typedef struct {
    int64_t line;  // 0: never
    uint8_t text[56];
    size_t text_length;
} csj_evidence;

typedef struct {
    const uint8_t *name;
    size_t name_length;
    int64_t records;  // in how many records the field stood
    int64_t minimum;
    uint64_t maximum;  // of the integers that are not negative
    csj_evidence first[CSJ_SEEN_KINDS];
    // Strings that may spell a number, bool, date or time, to be classified by the caller.
    size_t staged_count;
    const uint8_t *staged_bytes;
    size_t staged_length;
    const int64_t *staged_offsets;
    const int64_t *staged_lines;
} csj_field_profile;

typedef struct csj_profile csj_profile;

csj_profile *csj_profile_new(int32_t layout);
void csj_profile_free(csj_profile *profile);
size_t csj_profile_parse(csj_profile *profile, const uint8_t *bytes, size_t length, bool last);
int64_t csj_profile_records(const csj_profile *profile);
const csj_refusal *csj_profile_refusals(const csj_profile *profile, size_t *count);
const uint8_t *csj_profile_text(const csj_profile *profile, size_t *length);
size_t csj_profile_count(const csj_profile *profile);
void csj_profile_field(const csj_profile *profile, size_t field, bool elements, csj_field_profile *view);
// Ends staging for a field whose strings are known to be plain text.
void csj_profile_stop_staging(csj_profile *profile, size_t field, bool elements);
// Forgets staged strings and refusals; the profile stays.
void csj_profile_clear(csj_profile *profile);

// The double nearest to a decimal number in JSON's grammar (a point may stand first or last); false beyond its range.
bool csj_parse_double(const uint8_t *text, size_t length, double *value);

#ifdef __cplusplus
}
#endif

#endif
