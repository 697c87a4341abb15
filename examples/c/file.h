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

/* Puts a file in the place of another: as a whole, or not at all. It is for those for whom the old
 * one is; if there is none, for its owner alone. A symbolic link stays, and what it names is
 * replaced. False and errno on error. */
bool file_replace(const char *path, const void *octets, size_t len);

/* Why the file cannot be read or, if it `is_replaced` later, why that must fail; NULL if nothing is
 * known to be in the way. A device or a pipe is. */
const char *file_obstacle(const char *path, bool is_replaced);

void file_wipe(struct file *file);

#endif
