/* The check of tests that need no library. It counts. */

#ifndef COUNT_H
#define COUNT_H

#include <stdio.h>
#include <stdlib.h>

static unsigned checks;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        checks++;                                                                                  \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);                \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

#endif
