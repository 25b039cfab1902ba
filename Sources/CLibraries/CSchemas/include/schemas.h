#ifndef ALPHALAKE_CSCHEMAS_H
#define ALPHALAKE_CSCHEMAS_H

#include <stddef.h>
#include <stdint.h>

// Files of Schemas/ in the program. As array literals of Swift they would take a minute to compile.

// The contents of the file called `name` ("ads/topics.json"), NULL when there is none.
const uint8_t *alphalake_schema_file(const char *name, size_t *length);

#endif
