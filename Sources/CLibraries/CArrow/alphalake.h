/* AlphaLake for C: lakes are opened, asked with SQL, and answer in Arrow.
 *
 *     alphalake_error error = {0};
 *     alphalake_handle lake = 0, query = 0;
 *     struct ArrowArrayStream stream;
 *     if (alphalake_open("lake", 0, 0, &lake, &error) == 0 &&
 *         alphalake_prepare(lake, "SELECT age, weight FROM responses", &query, &error) == 0 &&
 *         alphalake_stream(query, &stream, NULL, &error) == 0) {
 *       ... stream.get_next(&stream, &array) ...
 *       stream.release(&stream);
 *     } else {
 *       fprintf(stderr, "%s\n", error.message);
 *       alphalake_error_release(&error);
 *     }
 *     alphalake_close(query);
 *     alphalake_close(lake);
 *
 * Status: functions that can fail return 0, or the exit status that the command line has for the error, and fill `error`:
 *     1 failed, 64 usage (arguments, SQL), 65 corrupt data, 66 missing, 74 input/output, 75 conflict (try again).
 * Arguments that are NULL where they may not be, and handles that are closed or never were, are usage errors.
 * Text is UTF-8 and ends in a zero byte.
 * Threads: every function may be called from any thread, also with one handle from several at once. One stream belongs to
 * one thread at a time, as Arrow says. A stream that was begun before a fork is refused in the child.
 */
#ifndef ALPHALAKE_H
#define ALPHALAKE_H

#include <stdint.h>

#include "arrow_c_abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A lake, a query or a run. 0 is none. Numbers are not used twice. */
typedef uint64_t alphalake_handle;

/* What went wrong. Begins as zeros; a function that fails lets go of what is there and fills it anew. */
typedef struct alphalake_error {
  int32_t code;  /* the status */
  char *message; /* what and where; for SQL with the line and a caret under the place */
  char *hint;    /* what to do about it, or NULL */
} alphalake_error;

/* The version of the library; never freed. */
const char *alphalake_version(void);

/* Opens the lake at `path`; with @VERSION behind the path (12, tag:paper, 2026-01-31 or 2026-01-31T12:00Z) every table is read
 * as of that version, and nothing can be appended. `threads` may work on each of its queries; 0 is as many as there are cores. A query may hold
 * `memory` bytes of its data (16 MiB at least; 0 is 1 GiB); what does not fit is written to temporary files. */
int32_t alphalake_open(const char *path, int32_t threads, int64_t memory, alphalake_handle *lake,
                       alphalake_error *error);

/* The tables' names as a JSON array, for alphalake_text_release. */
int32_t alphalake_tables(alphalake_handle lake, char **json, alphalake_error *error);

/* The columns of a table, as a struct. */
int32_t alphalake_table_schema(alphalake_handle lake, const char *table, struct ArrowSchema *schema,
                               alphalake_error *error);

/* Makes a query ready, bound to the newest version of its table. It runs any number of times. */
int32_t alphalake_prepare(alphalake_handle lake, const char *sql, alphalake_handle *query, alphalake_error *error);

/* The columns of a query's result, as a struct. */
int32_t alphalake_query_schema(alphalake_handle query, struct ArrowSchema *schema, alphalake_error *error);

/* Runs a query as a stream, which begins to work when it is first read and stops when it is released. `run`, which may be
 * NULL, receives a handle for the functions below. */
int32_t alphalake_stream(alphalake_handle query, struct ArrowArrayStream *stream, alphalake_handle *run,
                         alphalake_error *error);

/* Waits until get_next of the run's stream would return at once, `milliseconds` at most. 1 it would, 0 not yet, -1 when there
 * is no such run. */
int32_t alphalake_wait(alphalake_handle run, int32_t milliseconds);

/* Ends a run; its stream then fails with ECANCELED. Returns at once. */
int32_t alphalake_cancel(alphalake_handle run);

/* The rows that a run's stream has handed out, -1 when there is no such run. */
int64_t alphalake_rows(alphalake_handle run);

/* The status of a run whose stream failed, with what get_last_error cannot say; 0 when it did not fail. */
int32_t alphalake_run_error(alphalake_handle run, alphalake_error *error);

/* Appends the rows of `stream` to a table, all of them or none; a table that does not exist is made with the stream's columns.
 * Columns are matched by name, new ones added, types widened where nothing is lost; what the stream lacks is NULL. The stream
 * is moved: whatever happens it is released and may not be used again. `rows`, which may be NULL, receives how many there
 * were. Taken over are bool, integers, float32 and float64, utf8 and binary with their large and view forms, dates,
 * timestamps, lists of those, and dictionaries of them, which are spelt out. */
int32_t alphalake_append(alphalake_handle lake, const char *table, struct ArrowArrayStream *stream, uint64_t *rows,
                         alphalake_error *error);

/* Lets go of a handle of any kind. What was made with it lives on. */
int32_t alphalake_close(alphalake_handle handle);

/* Frees what an error holds and makes it zeros. */
void alphalake_error_release(alphalake_error *error);

/* Frees a text that a function returned. */
void alphalake_text_release(char *text);

/* Schemas, arrays and streams handed out and not released yet: 0 when nothing leaks. */
int64_t alphalake_live_exports(void);

#ifdef __cplusplus
}
#endif

#endif
