#include "CReadStat.h"

#include <fcntl.h>
#include <math.h>
#include <readstat.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { most_sets = 4096 };

struct sav_writer {
    readstat_writer_t *inner;
    FILE *stream;
    readstat_error_t status;
    int64_t rows;
    int started;
    int32_t sets;
    readstat_label_set_t *label_sets[most_sets];
};

static ssize_t put(const void *data, size_t length, void *context) {
    return (ssize_t)fwrite(data, 1, length, context);
}

static void note(sav_writer *writer, readstat_error_t status) {
    if (writer->status == READSTAT_OK) writer->status = status;
}

sav_writer *sav_writer_open(const char *path, int64_t rows) {
    sav_writer *writer = calloc(1, sizeof *writer);
    if (!writer) return NULL;
    writer->rows = rows;
    writer->stream = fopen(path, "wb");
    writer->inner = writer->stream ? readstat_writer_init() : NULL;
    if (!writer->inner) {
        if (writer->stream) fclose(writer->stream);
        free(writer);
        return NULL;
    }
    readstat_set_data_writer(writer->inner, put);
    readstat_writer_set_file_label(writer->inner, "Generated survey");
    // A fixed date, so that the same seed gives the same bytes.
    readstat_writer_set_file_timestamp(writer->inner, 1577880000);
    return writer;
}

int32_t sav_writer_label_set(sav_writer *writer, int32_t is_text) {
    if (writer->sets == most_sets) return -1;
    char name[32];
    snprintf(name, sizeof name, "labels%d", (int)writer->sets);
    readstat_type_t type = is_text ? READSTAT_TYPE_STRING : READSTAT_TYPE_DOUBLE;
    writer->label_sets[writer->sets] = readstat_add_label_set(writer->inner, type, name);
    return writer->sets++;
}

void sav_writer_label(sav_writer *writer, int32_t set, double code, const char *label) {
    if (set >= 0 && set < writer->sets) readstat_label_double_value(writer->label_sets[set], code, label);
}

void sav_writer_text_label(sav_writer *writer, int32_t set, const char *code, const char *label) {
    if (set >= 0 && set < writer->sets) readstat_label_string_value(writer->label_sets[set], code, label);
}

int32_t sav_writer_column(
    sav_writer *writer, const char *name, const char *label, const char *format, int64_t width, int32_t set) {
    readstat_type_t type = width > 0 ? READSTAT_TYPE_STRING : READSTAT_TYPE_DOUBLE;
    readstat_variable_t *variable = readstat_add_variable(writer->inner, name, type, width > 0 ? (size_t)width : 0);
    readstat_variable_set_label(variable, label);
    if (*format) readstat_variable_set_format(variable, format);
    if (set >= 0 && set < writer->sets) readstat_variable_set_label_set(variable, writer->label_sets[set]);
    return readstat_variable_get_index(variable);
}

void sav_writer_missing(sav_writer *writer, int32_t column, double low, double high) {
    readstat_variable_t *variable = readstat_get_variable(writer->inner, column);
    if (variable) note(writer, readstat_variable_add_missing_double_range(variable, low, high));
}

static void start(sav_writer *writer) {
    if (writer->started) return;
    writer->started = 1;
    note(writer, readstat_begin_writing_sav(writer->inner, writer->stream, writer->rows));
}

void sav_writer_begin_row(sav_writer *writer) {
    start(writer);
    if (writer->status == READSTAT_OK) note(writer, readstat_begin_row(writer->inner));
}

void sav_writer_number(sav_writer *writer, int32_t column, double value) {
    readstat_variable_t *variable = readstat_get_variable(writer->inner, column);
    if (!variable || writer->status != READSTAT_OK) return;
    if (isnan(value)) {
        note(writer, readstat_insert_missing_value(writer->inner, variable));
    } else {
        note(writer, readstat_insert_double_value(writer->inner, variable, value));
    }
}

void sav_writer_text(sav_writer *writer, int32_t column, const char *value) {
    readstat_variable_t *variable = readstat_get_variable(writer->inner, column);
    if (!variable || writer->status != READSTAT_OK) return;
    note(writer, readstat_insert_string_value(writer->inner, variable, value));
}

void sav_writer_end_row(sav_writer *writer) {
    if (writer->status == READSTAT_OK) note(writer, readstat_end_row(writer->inner));
}

int32_t sav_writer_close(sav_writer *writer) {
    start(writer);
    if (writer->status == READSTAT_OK) note(writer, readstat_end_writing(writer->inner));
    if (fclose(writer->stream) != 0) note(writer, READSTAT_ERROR_WRITE);
    readstat_writer_free(writer->inner);
    int32_t status = (int32_t)writer->status;
    free(writer);
    return status;
}
