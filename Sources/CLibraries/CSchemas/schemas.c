#include "schemas.h"

#include <string.h>

#pragma clang diagnostic ignored "-Wc23-extensions"

static const uint8_t census[] = {
#embed "census.json"
};
static const uint8_t generator[] = {
#embed "generator.json"
};
static const uint8_t prompts[] = {
#embed "prompts.json"
};
static const uint8_t stopwords[] = {
#embed "stopwords.json"
};
static const uint8_t tasks[] = {
#embed "tasks.json"
};
static const uint8_t topics[] = {
#embed "topics.json"
};

static const struct {
    const char *name;
    const uint8_t *bytes;
    size_t length;
} files[] = {
    {"ads/census.json", census, sizeof census},
    {"ads/generator.json", generator, sizeof generator},
    {"prompts/v1.json", prompts, sizeof prompts},
    {"ads/stopwords.json", stopwords, sizeof stopwords},
    {"ads/tasks.json", tasks, sizeof tasks},
    {"ads/topics.json", topics, sizeof topics},
};

const uint8_t *alphalake_schema_file(const char *name, size_t *length) {
    for (size_t index = 0; index < sizeof files / sizeof files[0]; index++) {
        if (strcmp(files[index].name, name) == 0) {
            *length = files[index].length;
            return files[index].bytes;
        }
    }
    *length = 0;
    return NULL;
}
