#include "CReadStat.h"

#include <math.h>
#include <readstat.h>
#include <stdlib.h>
#include <string.h>

struct sav_file {
    readstat_error_t status;
    int recoded;
    int exhausted;
    char message[512];
    int64_t rows, row_capacity, row_hint;
    sav_column *columns;
    double **cells;
    int64_t column_count, column_capacity;
    sav_label *labels;
    int64_t label_count, label_capacity;
    sav_span *strings;
    int64_t string_count, string_capacity;
    uint8_t *text;
    size_t text_length, text_capacity;
};

// Grows `items` to hold one more; 0 when memory is out.
static int reserve(void **items, int64_t count, int64_t *capacity, size_t size) {
    if (count < *capacity) return 1;
    int64_t larger = *capacity ? *capacity * 2 : 256;
    void *grown = realloc(*items, (size_t)larger * size);
    if (!grown) return 0;
    *items = grown;
    *capacity = larger;
    return 1;
}

static sav_span keep(sav_file *file, const char *string) {
    sav_span span = {(uint32_t)file->text_length, 0};
    if (!string) return span;
    size_t length = strlen(string);
    size_t needed = file->text_length + length;
    if (needed > UINT32_MAX) {
        file->exhausted = 1;
        return span;
    }
    if (needed > file->text_capacity) {
        size_t larger = file->text_capacity ? file->text_capacity * 2 : 65536;
        while (larger < needed) larger *= 2;
        uint8_t *grown = realloc(file->text, larger);
        if (!grown) {
            file->exhausted = 1;
            return span;
        }
        file->text = grown;
        file->text_capacity = larger;
    }
    memcpy(file->text + file->text_length, string, length);
    file->text_length = needed;
    span.length = (uint32_t)length;
    return span;
}

static int on_metadata(readstat_metadata_t *metadata, void *context) {
    sav_file *file = context;
    file->row_hint = readstat_get_row_count(metadata);
    return READSTAT_HANDLER_OK;
}

// ReadStat calls the note and error handlers without asking whether there are any, so both exist.
static int on_note(int index, const char *note, void *context) {
    (void)index, (void)note, (void)context;
    return READSTAT_HANDLER_OK;
}

static void on_error(const char *message, void *context) {
    sav_file *file = context;
    strncpy(file->message, message ? message : "", sizeof file->message - 1);
    size_t length = strlen(file->message);
    while (length && (file->message[length - 1] == '\n' || file->message[length - 1] == ' ')) {
        file->message[--length] = 0;
    }
}

static int on_variable(int index, readstat_variable_t *variable, const char *label_set, void *context) {
    sav_file *file = context;
    if (index != file->column_count) return READSTAT_HANDLER_ABORT;
    if (!reserve((void **)&file->columns, file->column_count, &file->column_capacity, sizeof *file->columns)) {
        file->exhausted = 1;
        return READSTAT_HANDLER_ABORT;
    }
    sav_column column = {0};
    column.name = keep(file, readstat_variable_get_name(variable));
    column.label = keep(file, readstat_variable_get_label(variable));
    column.format = keep(file, readstat_variable_get_format(variable));
    column.label_set = keep(file, label_set);
    column.is_text = readstat_variable_get_type_class(variable) == READSTAT_TYPE_CLASS_STRING;
    if (!column.is_text) {
        int ranges = readstat_variable_get_missing_ranges_count(variable);
        for (int range = 0; range < ranges && range < 3; range++) {
            column.missing_low[range] = readstat_double_value(readstat_variable_get_missing_range_lo(variable, range));
            column.missing_high[range] = readstat_double_value(readstat_variable_get_missing_range_hi(variable, range));
            column.missing_count = range + 1;
        }
    }
    file->columns[file->column_count++] = column;
    return file->exhausted ? READSTAT_HANDLER_ABORT : READSTAT_HANDLER_OK;
}

static int on_value_label(const char *set, readstat_value_t value, const char *label, void *context) {
    sav_file *file = context;
    if (!reserve((void **)&file->labels, file->label_count, &file->label_capacity, sizeof *file->labels)) {
        file->exhausted = 1;
        return READSTAT_HANDLER_ABORT;
    }
    sav_label entry = {0};
    entry.label_set = keep(file, set);
    entry.label = keep(file, label);
    entry.is_text = readstat_value_type_class(value) == READSTAT_TYPE_CLASS_STRING;
    if (entry.is_text) {
        entry.text_code = keep(file, readstat_string_value(value));
    } else {
        entry.code = readstat_double_value(value);
    }
    file->labels[file->label_count++] = entry;
    return file->exhausted ? READSTAT_HANDLER_ABORT : READSTAT_HANDLER_OK;
}

// Columns grow together, by doubling from the header's row count or 4096: the header may lie about the count.
static int grow_rows(sav_file *file, int64_t row) {
    if (row < file->row_capacity) return 1;
    if (!file->cells) {
        file->cells = calloc((size_t)file->column_count, sizeof *file->cells);
        if (!file->cells) return 0;
    }
    int64_t larger = file->row_capacity ? file->row_capacity * 2 : 4096;
    if (!file->row_capacity && file->row_hint > 0 && file->row_hint < 65536) larger = file->row_hint;
    while (larger <= row) larger *= 2;
    for (int64_t column = 0; column < file->column_count; column++) {
        double *grown = realloc(file->cells[column], (size_t)larger * sizeof **file->cells);
        if (!grown) return 0;
        file->cells[column] = grown;
        for (int64_t cell = file->row_capacity; cell < larger; cell++) grown[cell] = NAN;
    }
    file->row_capacity = larger;
    return 1;
}

static int on_value(int row, readstat_variable_t *variable, readstat_value_t value, void *context) {
    sav_file *file = context;
    int64_t column = readstat_variable_get_index(variable);
    if (row < 0 || column < 0 || column >= file->column_count) return READSTAT_HANDLER_ABORT;
    if (row >= file->row_capacity && !grow_rows(file, row)) {
        file->exhausted = 1;
        return READSTAT_HANDLER_ABORT;
    }
    if (row >= file->rows) file->rows = row + 1;
    if (!file->columns[column].is_text) {
        file->cells[column][row] = readstat_value_is_system_missing(value) ? NAN : readstat_double_value(value);
        return READSTAT_HANDLER_OK;
    }
    const char *string = readstat_string_value(value);
    if (!string || !*string) return READSTAT_HANDLER_OK;
    if (!reserve((void **)&file->strings, file->string_count, &file->string_capacity, sizeof *file->strings)) {
        file->exhausted = 1;
        return READSTAT_HANDLER_ABORT;
    }
    file->strings[file->string_count] = keep(file, string);
    file->cells[column][row] = (double)file->string_count++;
    return file->exhausted ? READSTAT_HANDLER_ABORT : READSTAT_HANDLER_OK;
}

static void clear(sav_file *file) {
    for (int64_t column = 0; file->cells && column < file->column_count; column++) free(file->cells[column]);
    free(file->cells);
    free(file->columns);
    free(file->labels);
    free(file->strings);
    free(file->text);
    memset(file, 0, sizeof *file);
}

static void parse(sav_file *file, const char *path, int32_t cells, const char *encoding) {
    readstat_parser_t *parser = readstat_parser_init();
    if (!parser) {
        file->status = READSTAT_ERROR_MALLOC;
        return;
    }
    readstat_set_metadata_handler(parser, on_metadata);
    readstat_set_note_handler(parser, on_note);
    readstat_set_error_handler(parser, on_error);
    readstat_set_variable_handler(parser, on_variable);
    readstat_set_value_label_handler(parser, on_value_label);
    if (cells) readstat_set_value_handler(parser, on_value);
    if (encoding) readstat_set_file_character_encoding(parser, encoding);
    file->status = readstat_parse_sav(parser, path, file);
    if (file->exhausted) file->status = READSTAT_ERROR_MALLOC;
    readstat_parser_free(parser);
}

sav_file *sav_read(const char *path, int32_t cells) {
    sav_file *file = calloc(1, sizeof *file);
    if (!file) return NULL;
    parse(file, path, cells, NULL);
    switch (file->status) {
    case READSTAT_ERROR_UNSUPPORTED_CHARSET:
    case READSTAT_ERROR_CONVERT:
    case READSTAT_ERROR_CONVERT_BAD_STRING:
    case READSTAT_ERROR_CONVERT_SHORT_STRING:
        // Old files name a character set they do not keep to; Windows-1252 gives every byte a meaning.
        clear(file);
        parse(file, path, cells, "WINDOWS-1252");
        file->recoded = 1;
    default: break;
    }
    return file;
}

void sav_free(sav_file *file) {
    if (!file) return;
    clear(file);
    free(file);
}

int32_t sav_status(const sav_file *file) { return (int32_t)file->status; }
int32_t sav_recoded(const sav_file *file) { return file->recoded; }
int64_t sav_rows(const sav_file *file) { return file->rows; }
int64_t sav_column_count(const sav_file *file) { return file->column_count; }
int64_t sav_label_count(const sav_file *file) { return file->label_count; }
int64_t sav_string_count(const sav_file *file) { return file->string_count; }
int64_t sav_text_length(const sav_file *file) { return (int64_t)file->text_length; }

static size_t copy_string(const char *string, uint8_t *target, size_t capacity) {
    size_t length = strlen(string);
    if (length > capacity) length = capacity;
    memcpy(target, string, length);
    return length;
}

size_t sav_message(const sav_file *file, uint8_t *target, size_t capacity) {
    const char *message = file->message[0] ? file->message : readstat_error_message(file->status);
    return copy_string(message ? message : "", target, capacity);
}

size_t sav_error_message(int32_t number, uint8_t *target, size_t capacity) {
    const char *message = readstat_error_message((readstat_error_t)number);
    return copy_string(message ? message : "", target, capacity);
}

void sav_copy_columns(const sav_file *file, sav_column *target) {
    if (file->column_count) memcpy(target, file->columns, (size_t)file->column_count * sizeof *target);
}

void sav_copy_labels(const sav_file *file, sav_label *target) {
    if (file->label_count) memcpy(target, file->labels, (size_t)file->label_count * sizeof *target);
}

void sav_copy_strings(const sav_file *file, sav_span *target) {
    if (file->string_count) memcpy(target, file->strings, (size_t)file->string_count * sizeof *target);
}

void sav_copy_text(const sav_file *file, uint8_t *target) {
    if (file->text_length) memcpy(target, file->text, file->text_length);
}

void sav_copy_cells(const sav_file *file, int64_t column, double *target) {
    if (file->rows) memcpy(target, file->cells[column], (size_t)file->rows * sizeof *target);
}
