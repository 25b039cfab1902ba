#ifndef ALPHALAKE_CREADSTAT_H
#define ALPHALAKE_CREADSTAT_H
#include <stddef.h>
#include <stdint.h>

// A thin bridge to ReadStat. Its parser calls back once per variable, value label and cell; the bridge gathers all of
// it into flat arrays that a caller copies out, so that no pointer into ReadStat's memory ever reaches Swift.

/// A run of bytes of a file's text.
typedef struct {
    uint32_t start;
    uint32_t length;
} sav_span;

/// One variable. `label_set` names the value labels it uses; of length 0 when it has none.
typedef struct {
    sav_span name;
    sav_span label;
    sav_span format;
    sav_span label_set;
    int32_t is_text;
    int32_t missing_count;
    double missing_low[3];
    double missing_high[3];
} sav_column;

/// One value label. `code` counts when `is_text` is 0, else `text_code`.
typedef struct {
    sav_span label_set;
    sav_span label;
    sav_span text_code;
    double code;
    int32_t is_text;
} sav_label;

typedef struct sav_file sav_file;

/// Reads an SPSS system file whole; `cells` 0 reads the variables and labels alone. Returns NULL when memory is out.
/// Ask `sav_status` before anything else.
sav_file *sav_read(const char *path, int32_t cells);
void sav_free(sav_file *file);

/// 0, or ReadStat's number for what stopped the reading.
int32_t sav_status(const sav_file *file);
/// Nonzero when the file's own character set failed and Windows-1252 was used instead.
int32_t sav_recoded(const sav_file *file);
/// Copies at most `capacity` bytes of what ReadStat said about the failure; returns how many.
size_t sav_message(const sav_file *file, uint8_t *target, size_t capacity);

int64_t sav_rows(const sav_file *file);
int64_t sav_column_count(const sav_file *file);
int64_t sav_label_count(const sav_file *file);
int64_t sav_string_count(const sav_file *file);
int64_t sav_text_length(const sav_file *file);

void sav_copy_columns(const sav_file *file, sav_column *target);
void sav_copy_labels(const sav_file *file, sav_label *target);
void sav_copy_strings(const sav_file *file, sav_span *target);
void sav_copy_text(const sav_file *file, uint8_t *target);
/// The `sav_rows` cells of a column: numbers, NaN where missing; for a text column positions in the file's strings, NaN
/// where empty.
void sav_copy_cells(const sav_file *file, int64_t column, double *target);

typedef struct sav_writer sav_writer;

/// Starts a file of `rows` rows. Returns NULL when the file cannot be created or memory is out.
sav_writer *sav_writer_open(const char *path, int64_t rows);
/// Adds a set of value labels; returns its number for `sav_writer_column`, -1 when it cannot.
int32_t sav_writer_label_set(sav_writer *writer, int32_t is_text);
void sav_writer_label(sav_writer *writer, int32_t set, double code, const char *label);
void sav_writer_text_label(sav_writer *writer, int32_t set, const char *code, const char *label);
/// Adds a variable, of `width` bytes when above 0, else a number; `set` -1 has no value labels. Returns its number.
int32_t sav_writer_column(
    sav_writer *writer, const char *name, const char *label, const char *format, int64_t width, int32_t set);
/// Declares a number to be user-missing.
void sav_writer_missing(sav_writer *writer, int32_t column, double low, double high);
/// Rows, cell by cell in the order of the columns; the first cell of the first row writes the header.
void sav_writer_begin_row(sav_writer *writer);
void sav_writer_number(sav_writer *writer, int32_t column, double value);
void sav_writer_text(sav_writer *writer, int32_t column, const char *value);
void sav_writer_end_row(sav_writer *writer);
/// Finishes and frees. Returns 0 or ReadStat's number of the first failure.
int32_t sav_writer_close(sav_writer *writer);
/// ReadStat's words for an error number.
size_t sav_error_message(int32_t number, uint8_t *target, size_t capacity);

#endif
