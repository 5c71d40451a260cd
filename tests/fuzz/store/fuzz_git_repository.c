/*
 * A whole repository made of the input: its objects, whatever they say, read as a delivery reads what it fetched. The
 * input is a list of records: kind (tree or blob), length, bytes; in them the byte 1 and a number stand for the id of
 * an earlier object. Nothing is visited beyond the limits, and each error is one that its reader knows what to do
 * about.
 */
#include <fcntl.h>
#include <git2.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/store/git.h"
#include "tests/fuzz/fuzz.h"
#include "tests/testing/testing.h"

#define OBJECTS_MAX 24
#define FILES_MAX 500
#define PATH_BYTES 64
#define REPOSITORY "repo_fuzz"

struct made {
    git_oid ids[OBJECTS_MAX];
    size_t count;
    int64_t visits;
};

static void *dir;
static struct git_rules rules;

static void run(const char *script)
{
    struct buf command = BUF_INIT;
    buf_addf(&command, "cd '%s' && %s", (char *)dir, script);
    FUZZ_CHECK(system(command.data) == 0);
    buf_fini(&command);
}

static void start(void)
{
    static char *repositories;
    if (dir != NULL)
        return;
    git_init();
    FUZZ_CHECK(testing_dir_setup(&dir) == 0);
    repositories = testing_join(dir, "repositories");
    rules = (struct git_rules){.repositories_dir = repositories,
                               .max_files = FILES_MAX,
                               .max_depth = 12,
                               .max_path_bytes = PATH_BYTES,
                               .max_tree_bytes = 1 << 16,
                               .timeout_ms = 60000};
    run("mkdir -p repositories && git init --quiet --bare --template= repositories/" REPOSITORY ".git"
        " && git --git-dir=repositories/" REPOSITORY ".git config core.looseCompression 0");
}

/* As zlib has it, one block that is stored as it is (RFC 1950 and 1951). */
static void pack(const struct buf *plain, struct buf *packed)
{
    uint32_t low = 1, high = 0;
    FUZZ_CHECK(plain->len < 65536);
    const uint8_t head[] = {0x78,
                            0x01,
                            1,
                            (uint8_t)(plain->len & 255),
                            (uint8_t)(plain->len >> 8),
                            (uint8_t)(~plain->len & 255),
                            (uint8_t)(~plain->len >> 8 & 255)};
    buf_add(packed, head, sizeof head);
    buf_add(packed, plain->data, plain->len);
    for (size_t i = 0; i < plain->len; i++) {
        low = (low + (uint8_t)plain->data[i]) % 65521;
        high = (high + low) % 65521;
    }
    const uint8_t sum[] = {(uint8_t)(high >> 8), (uint8_t)(high & 255), (uint8_t)(low >> 8), (uint8_t)(low & 255)};
    buf_add(packed, sum, sizeof sum);
}

static void path_of(const char *objects, const git_oid *id, char path[PATH_MAX])
{
    char hex[GIT_OID_HEXSZ + 1];
    git_oid_tostr(hex, sizeof hex, id);
    snprintf(path, PATH_MAX, "%s/%.2s", objects, hex);
    (void)!mkdir(path, 0700);
    snprintf(path, PATH_MAX, "%s/%.2s/%s", objects, hex, hex + 2);
}

/* A loose object, exactly as given: libgit2's writer would look at it first. */
static void write_object(const char *objects, const struct buf *content, git_object_t kind, git_oid *id)
{
    struct buf plain = BUF_INIT, packed = BUF_INIT;
    char path[PATH_MAX];
    const char *bytes = content->len > 0 ? content->data : "";
    FUZZ_CHECK(git_odb_hash(id, bytes, content->len, kind) == 0);
    buf_addf(&plain, "%s %zu", git_object_type2string(kind), content->len);
    buf_add_char(&plain, '\0');
    buf_add(&plain, bytes, content->len);
    pack(&plain, &packed);
    path_of(objects, id, path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (fd >= 0) {
        FUZZ_CHECK(write(fd, packed.data, packed.len) == (ssize_t)packed.len);
        close(fd);
    }
    buf_fini(&packed);
    buf_fini(&plain);
}

/* Bytes as they are, but for ids of earlier objects. */
static void fill(const struct made *made, const uint8_t *data, size_t len, struct buf *content)
{
    for (size_t i = 0; i < len; i++) {
        if (data[i] == 1 && i + 1 < len && made->count > 0) {
            buf_add_char(content, '\0'); /* the end of an entry's name */
            buf_add(content, made->ids[data[++i] % made->count].id, GIT_OID_RAWSZ);
        } else {
            buf_add(content, data + i, 1);
        }
    }
}

static void make(struct made *made, const char *objects, const uint8_t *data, size_t size)
{
    while (size >= 2 && made->count < OBJECTS_MAX) {
        struct buf content = BUF_INIT;
        bool is_tree = data[0] % 4 != 0;
        size_t len = data[1] < size - 2 ? data[1] : size - 2;
        fill(made, data + 2, len, &content);
        write_object(objects, &content, is_tree ? GIT_OBJECT_TREE : GIT_OBJECT_BLOB, &made->ids[made->count++]);
        data += 2 + len;
        size -= 2 + len;
        buf_fini(&content);
    }
}

static enum err visit(void *context, const struct git_file *file, struct err_info *error)
{
    struct made *made = context;
    (void)error;
    FUZZ_CHECK(++made->visits <= FILES_MAX);
    FUZZ_CHECK(file->path_len <= PATH_BYTES && strlen(file->path) == file->path_len && strlen(file->blob) == 40);
    return ERR_OK;
}

static enum err change(void *context, const struct git_file *file, struct err_info *error)
{
    FUZZ_CHECK(file->change == GIT_CREATED || file->change == GIT_UPDATED || file->change == GIT_DELETED);
    return visit(context, file, error);
}

static void check(enum err code)
{
    FUZZ_CHECK(code == ERR_OK || code == ERR_PERMANENT || code == ERR_NOT_FOUND || code == ERR_USAGE);
}

static void read_all(struct made *made, struct git_clone *clone)
{
    char id[GIT_OID_HEXSZ + 1], before[GIT_OID_HEXSZ + 1] = "";
    struct err_info error;
    for (size_t i = 0; i < made->count; i++) {
        struct buf content = BUF_INIT;
        int64_t size = 0;
        char blob[GIT_SHA_MAX];
        git_oid_tostr(id, sizeof id, &made->ids[i]);
        enum err checked = git_check_tree(clone, id, &error);
        check(checked);
        made->visits = 0;
        enum err walked = git_walk(clone, id, visit, made, &error);
        check(walked);
        FUZZ_CHECK(checked != ERR_OK || walked == ERR_OK);
        made->visits = 0;
        if (before[0] != '\0')
            check(git_compare(clone, before, id, change, made, &error));
        (void)git_find(clone, id, "a/b", blob);
        check(git_blob_size(clone, id, &size, &error));
        check(git_blob_read(clone, id, &content, &error));
        memcpy(before, id, sizeof id);
        buf_fini(&content);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct made made = {.count = 0};
    struct git_clone *clone = NULL;
    struct err_info error;
    start();
    char *objects = testing_join(dir, "repositories/" REPOSITORY ".git/objects");
    make(&made, objects, data, size);
    FUZZ_CHECK(git_open(&rules, REPOSITORY, &clone, &error) == ERR_OK);
    read_all(&made, clone);
    git_close(clone);
    for (size_t i = 0; i < made.count; i++) {
        char path[PATH_MAX];
        path_of(objects, &made.ids[i], path);
        unlink(path);
    }
    free(objects);
    return 0;
}
