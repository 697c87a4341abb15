/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#define _DEFAULT_SOURCE

#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static bool write_all(int descriptor, const uint8_t *octets, size_t len)
{
    while (len > 0) {
        ssize_t written = write(descriptor, octets, len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        octets += written;
        len -= (size_t)written;
    }
    return fsync(descriptor) == 0;
}

/* So that the new name, too, is there after a power failure; not every file system can. */
static void sync_directory(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *directory = slash == NULL ? strdup(".")
                                    : strndup(path, slash == path ? 1 : (size_t)(slash - path));
    int descriptor = directory == NULL ? -1 : open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor >= 0) {
        fsync(descriptor);
        close(descriptor);
    }
    free(directory);
}

bool file_replace(const char *path, const void *octets, size_t len)
{
    size_t room = strlen(path) + sizeof ".new";
    char *new_path = malloc(room);
    if (new_path == NULL)
        return false;
    snprintf(new_path, room, "%s.new", path);
    /* One that a power failure has left behind may have other permissions. */
    unlink(new_path);
    int descriptor = open(new_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = descriptor >= 0 && write_all(descriptor, octets, len);
    if (descriptor >= 0)
        ok = close(descriptor) == 0 && ok;
    ok = ok && rename(new_path, path) == 0;
    if (ok) {
        sync_directory(path);
    } else if (descriptor >= 0) {
        int error = errno;
        unlink(new_path);
        errno = error;
    }
    free(new_path);
    return ok;
}

void file_wipe(struct file *file)
{
    if (file->octets != NULL)
        explicit_bzero(file->octets, file->len);
    free(file->octets);
    *file = (struct file){NULL, 0};
}
