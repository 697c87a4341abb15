/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#define _DEFAULT_SOURCE

#include "file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool file_read(struct file *file, const char *path, size_t max)
{
    *file = (struct file){malloc(max), 0};
    if (file->octets == NULL)
        return false;
    FILE *stream = fopen(path, "rb");
    if (stream == NULL)
        return false;
    /* Unbuffered, so that no copy of a secret stays in stdio. */
    setvbuf(stream, NULL, _IONBF, 0);
    file->len = fread(file->octets, 1, max, stream);
    bool ok = !ferror(stream);
    int error = errno;
    fclose(stream);
    errno = error;
    return ok;
}

void file_wipe(struct file *file)
{
    if (file->octets != NULL)
        explicit_bzero(file->octets, file->len);
    free(file->octets);
    *file = (struct file){NULL, 0};
}
