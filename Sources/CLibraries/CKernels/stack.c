#define _GNU_SOURCE
#include <pthread.h>

#include "CKernels.h"

size_t ck_stack_left(void) {
    pthread_attr_t attributes;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return 0;
    void *base = NULL;
    size_t size = 0;
    int outcome = pthread_attr_getstack(&attributes, &base, &size);
    pthread_attr_destroy(&attributes);
    const char *here = __builtin_frame_address(0);
    return outcome == 0 && here > (const char *)base ? (size_t)(here - (const char *)base) : 0;
}
