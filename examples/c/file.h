/* Small files that may have secrets. SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef FILE_H
#define FILE_H

#include <stdbool.h>
#include <stddef.h>

struct file {
    char *octets;
    size_t len;
};

/* Reads a file, or as much of it as is `max` octets; false and errno on error. To be wiped in any
 * case. */
bool file_read(struct file *file, const char *path, size_t max);

/* Puts a file in the place of another, for its owner alone: as a whole, or not at all. False and
 * errno on error. */
bool file_replace(const char *path, const void *octets, size_t len);

void file_wipe(struct file *file);

#endif
