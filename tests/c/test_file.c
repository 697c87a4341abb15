/* The files of the C examples: how one is replaced, and when it cannot be. It needs no library. */

#define _DEFAULT_SOURCE

#include "count.h"
#include "file.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool replace(const char *path, const char *text)
{
    return file_replace(path, text, strlen(text));
}

/* Whether there is a regular file, not a link to one, with this text, and for whom. */
static bool holds(const char *path, const char *text, mode_t mode)
{
    struct stat status;
    struct file file;
    bool ok = lstat(path, &status) == 0 && S_ISREG(status.st_mode) &&
              (status.st_mode & 0777) == mode && file_read(&file, path, 100) &&
              file.len == strlen(text) && memcmp(file.octets, text, file.len) == 0;
    file_wipe(&file);
    return ok;
}

static bool is_obstacle(const char *path, bool is_replaced, const char *expected)
{
    const char *obstacle = file_obstacle(path, is_replaced);
    return expected == NULL ? obstacle == NULL : obstacle != NULL && !strcmp(obstacle, expected);
}

static void a_file_is_replaced_as_a_whole_for_those_for_whom_it_was(void)
{
    static const mode_t modes[] = {0600, 0640, 0400};
    CHECK(replace("pacs", "a longer one") && holds("pacs", "a longer one", 0600));
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        CHECK(chmod("pacs", modes[i]) == 0);
        CHECK(replace("pacs", "another") && holds("pacs", "another", modes[i]));
    }
    CHECK(access("pacs.new", F_OK) != 0);
    CHECK(unlink("pacs") == 0);
}

static void a_link_stays_and_its_target_is_replaced_or_made(void)
{
    char absolute[PATH_MAX];
    struct stat status;
    CHECK(getcwd(absolute, sizeof absolute - sizeof "/inside/target") != NULL);
    strcat(absolute, "/inside/target");
    CHECK(mkdir("inside", 0700) == 0 && symlink("inside/link", "link") == 0);
    CHECK(symlink("../other", "inside/link") == 0 && symlink(absolute, "other") == 0);
    CHECK(is_obstacle("link", true, NULL) && access("inside/target", F_OK) != 0);
    CHECK(replace("link", "made") && holds("inside/target", "made", 0600));
    CHECK(replace("./inside/link", "kept") && holds("inside/target", "kept", 0600));
    CHECK(lstat("link", &status) == 0 && S_ISLNK(status.st_mode));
    CHECK(lstat("other", &status) == 0 && S_ISLNK(status.st_mode));
    CHECK(unlink("other") == 0 && symlink("link", "other") == 0);
    CHECK(!replace("link", "x") && errno == ELOOP);
    CHECK(is_obstacle("link", true, strerror(ELOOP)));
    CHECK(unlink("inside/target") == 0 && unlink("inside/link") == 0 && rmdir("inside") == 0);
    CHECK(unlink("link") == 0 && unlink("other") == 0);
}

static void only_a_regular_file_is_replaced(void)
{
    static const char *const paths[] = {"pipe", "link", "."};
    struct stat status;
    CHECK(mkfifo("pipe", 0600) == 0 && symlink("pipe", "link") == 0);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        CHECK(!replace(paths[i], "x") && errno == EINVAL);
        CHECK(is_obstacle(paths[i], false, "not a regular file"));
        CHECK(is_obstacle(paths[i], true, "not a regular file"));
    }
    CHECK(stat("pipe", &status) == 0 && S_ISFIFO(status.st_mode));
    CHECK(unlink("pipe") == 0 && unlink("link") == 0);
}

static void what_is_in_the_way_is_known_beforehand(void)
{
    CHECK(is_obstacle("nowhere/pacs", true, strerror(ENOENT)));
    CHECK(is_obstacle("nowhere/pacs", false, NULL));
    CHECK(is_obstacle("pacs", true, NULL) && access("pacs", F_OK) != 0);
    CHECK(replace("pacs", "old") && is_obstacle("pacs", true, NULL) && holds("pacs", "old", 0600));
    CHECK(is_obstacle("pacs/", true, strerror(ENOTDIR)));
    CHECK(!replace("nowhere/pacs", "x") && errno == ENOENT);
    CHECK(unlink("pacs") == 0);
}

int main(void)
{
    char folder[] = "/tmp/test_file.XXXXXX";
    CHECK(mkdtemp(folder) != NULL && chdir(folder) == 0);
    a_file_is_replaced_as_a_whole_for_those_for_whom_it_was();
    a_link_stays_and_its_target_is_replaced_or_made();
    only_a_regular_file_is_replaced();
    what_is_in_the_way_is_known_beforehand();
    /* Nothing was left behind. */
    CHECK(chdir("/") == 0 && rmdir(folder) == 0);
    return checks > 0 ? 0 : 1;
}
