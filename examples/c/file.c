/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#define _DEFAULT_SOURCE

#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* As many symbolic links as Linux follows. */
#define LINKS_MAX 40

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

/* The file behind symbolic links, which need not be there. To be freed; NULL and errno on error. */
static char *resolve(const char *path)
{
    char *target = strdup(path);
    for (int links = 0; target != NULL && links < LINKS_MAX; links++) {
        char link[PATH_MAX];
        ssize_t len = readlink(target, link, sizeof link);
        if (len < 0)
            return target;
        const char *slash = strrchr(target, '/');
        size_t folder = link[0] == '/' || slash == NULL ? 0 : (size_t)(slash + 1 - target);
        char *next = malloc(folder + (size_t)len + 1);
        if (next != NULL) {
            memcpy(next, target, folder);
            memcpy(next + folder, link, (size_t)len);
            next[folder + (size_t)len] = '\0';
        }
        free(target);
        target = next;
    }
    if (target != NULL)
        errno = ELOOP;
    free(target);
    return NULL;
}

/* What takes the place of a file. */
struct replacement {
    char *target;
    char *path; /* until then */
    int descriptor;
};

/* For those for whom the old file is: what its group may read is not for another group. */
static bool inherit(int descriptor, const struct stat *old)
{
    bool same_group = fchown(descriptor, old->st_uid, old->st_gid) == 0;
    return fchmod(descriptor, old->st_mode & (same_group ? 0777 : 0700)) == 0;
}

/* False and errno on error. To be closed in any case. */
static bool replacement_open(struct replacement *new, const char *path)
{
    struct stat old;
    bool exists = stat(path, &old) == 0;
    *new = (struct replacement){NULL, NULL, -1};
    if (exists ? !S_ISREG(old.st_mode) : errno != ENOENT) {
        if (exists)
            errno = EINVAL;
        return false;
    }
    new->target = resolve(path);
    size_t room = new->target == NULL ? 0 : strlen(new->target) + sizeof ".new";
    new->path = room == 0 ? NULL : malloc(room);
    if (new->path == NULL)
        return false;
    snprintf(new->path, room, "%s.new", new->target);
    /* One that a power failure has left behind may have other permissions. */
    unlink(new->path);
    new->descriptor = open(new->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return new->descriptor >= 0 && (!exists || inherit(new->descriptor, &old));
}

/* Nothing is left of it, unless it has taken the place of the file. Leaves errno alone. */
static void replacement_close(struct replacement *new)
{
    int error = errno;
    if (new->descriptor >= 0) {
        unlink(new->path);
        close(new->descriptor);
    }
    free(new->path);
    free(new->target);
    errno = error;
}

bool file_replace(const char *path, const void *octets, size_t len)
{
    struct replacement new;
    bool ok = replacement_open(&new, path) && write_all(new.descriptor, octets, len) &&
              rename(new.path, new.target) == 0;
    if (ok)
        sync_directory(new.target);
    replacement_close(&new);
    return ok;
}

const char *file_obstacle(const char *path, bool is_replaced)
{
    struct stat old;
    if (stat(path, &old) == 0 && !S_ISREG(old.st_mode))
        return "not a regular file";
    if (!is_replaced)
        return NULL;
    struct replacement new;
    bool ok = replacement_open(&new, path);
    replacement_close(&new);
    return ok ? NULL : strerror(errno);
}

void file_wipe(struct file *file)
{
    if (file->octets != NULL)
        explicit_bzero(file->octets, file->len);
    free(file->octets);
    *file = (struct file){NULL, 0};
}
