#include "tests/testing/testing.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/mem.h"

#define READ_STEP 65536
#define WALK_FDS 16

char *testing_join(const char *dir, const char *name)
{
    struct buf path = BUF_INIT;
    buf_addf(&path, "%s/%s", dir, name);
    return buf_take(&path);
}

char *testing_source_path(const char *path)
{
    return testing_join(REPRISE_SOURCE_DIR, path);
}

void testing_read_file(const char *path, struct buf *out)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("%s: %s", path, strerror(errno));
    size_t got;
    do {
        got = fread(buf_reserve(out, READ_STEP), 1, READ_STEP, file);
        out->len += got;
        out->data[out->len] = '\0';
    } while (got > 0);
    assert_int_equal(ferror(file), 0);
    fclose(file);
}

void testing_write_file(const char *path, const char *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        fail_msg("%s: %s", path, strerror(errno));
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

int testing_dir_setup(void **state)
{
    const char *parent = getenv("TMPDIR");
    char *dir = testing_join(parent != NULL && parent[0] != '\0' ? parent : "/tmp", "reprise-test-XXXXXX");
    if (mkdtemp(dir) == NULL) {
        perror(dir);
        free(dir);
        return -1;
    }
    *state = dir;
    return 0;
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *place)
{
    (void)info;
    (void)type;
    (void)place;
    return remove(path);
}

int testing_dir_teardown(void **state)
{
    char *dir = *state;
    int failed = nftw(dir, remove_entry, WALK_FDS, FTW_DEPTH | FTW_PHYS);
    if (failed != 0)
        perror(dir);
    free(dir);
    return failed;
}

const char *testing_shared_data(void)
{
    static const char path[] = REPRISE_SOURCE_DIR "/../shared/data";
    if (access(path, R_OK | X_OK) == 0)
        return path;
    puts("skipped: ../shared/data is not there");
    return NULL;
}
