/*
 * A whole repository made of the input: its objects, whatever they say, read as a delivery reads what it fetched. The
 * input is a list of records: kind, length, bytes. An object is loose or stands in a pack, there also as a difference
 * to an earlier one, with a head that lies, or under an id that is not its own. In the bytes of trees and blobs, 1 and
 * a number stand for the id of an earlier object. Nothing is visited beyond the limits, and each error is one that its
 * reader knows what to do about.
 */
#include <git2.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/store/git.h"
#include "tests/fuzz/fuzz.h"
#include "tests/testing/git_objects.h"
#include "tests/testing/testing.h"

#define OBJECTS_MAX 24
#define FILES_MAX 500
#define PATH_BYTES 64
#define REPOSITORY "repo_fuzz"

/* The kind of a record: bits. */
#define IS_TREE 3 /* either of them; else it is a blob */
#define IS_PACKED 128
/* In the pack: */
#define IS_REF_DELTA 64
#define IS_OFFSET_DELTA 32
#define LIES 16 /* about the size of what it is or makes */
#define IS_UNDER_WRONG_ID 8

#define LIE_BYTES 1000000

struct made {
    struct object {
        git_oid id;
        git_object_t kind;
        struct buf content;
        bool is_packed;
        size_t offset; /* in the pack */
    } objects[OBJECTS_MAX];
    size_t count;
    struct git_pack pack;
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

static void object_name(struct object *object, unsigned is_wrong)
{
    FUZZ_CHECK(git_odb_hash(&object->id, object->content.len > 0 ? object->content.data : "", object->content.len,
                            object->kind) == 0);
    object->id.id[GIT_OID_RAWSZ - 1] ^= is_wrong != 0;
}

/* Bytes as they are, but for ids of earlier objects. */
static void fill(const struct made *made, const uint8_t *data, size_t len, struct buf *content)
{
    for (size_t i = 0; i < len; i++) {
        if (data[i] == 1 && i + 1 < len && made->count > 0) {
            buf_add_char(content, '\0'); /* the end of an entry's name */
            buf_add(content, made->objects[data[++i] % made->count].id.id, GIT_OID_RAWSZ);
        } else {
            buf_add(content, data + i, 1);
        }
    }
}

/* git refuses a pack in which an object stands twice, and completes one with the bases that it lacks: so no difference
 * leads back to itself, as libgit2 relies on. */
static bool is_there_already(const struct made *made, const git_oid *id)
{
    for (size_t i = 0; i < made->count; i++)
        if (git_oid_equal(&made->objects[i].id, id))
            return true;
    return false;
}

/* A difference to an earlier object, which the first byte names; the rest are instructions. What they make is known, so
 * its id is right, and it is read as any other object. */
static void make_delta(struct made *made, unsigned kind, const uint8_t *data, size_t len)
{
    struct object *new = &made->objects[made->count];
    const struct object *base = &made->objects[data[0] % made->count];
    struct buf delta = BUF_INIT;
    bool is_good = git_delta_follow(&base->content, data + 1, len - 1, &new->content);
    git_delta_add(&delta, base->content.len, new->content.len + ((kind & LIES) != 0 ? LIE_BYTES : 0), data + 1,
                  len - 1);
    new->kind = base->kind;
    object_name(new, is_good ? 0 : kind & IS_UNDER_WRONG_ID);
    if (is_there_already(made, &new->id))
        new->is_packed = false;
    else if ((kind & IS_REF_DELTA) != 0 || !base->is_packed)
        git_pack_add_ref_delta(&made->pack, &base->id, &delta, &new->id);
    else
        git_pack_add_offset_delta(&made->pack, made->pack.bytes.len - base->offset, &delta, &new->id);
    buf_fini(&delta);
}

static void make_object(struct made *made, const char *objects, unsigned kind, const uint8_t *data, size_t len)
{
    struct object *new = &made->objects[made->count];
    new->is_packed = (kind & IS_PACKED) != 0;
    if (new->is_packed && (kind & (IS_REF_DELTA | IS_OFFSET_DELTA)) != 0 && made->count > 0 && len > 0) {
        make_delta(made, kind, data, len);
    } else {
        new->kind = (kind & IS_TREE) != 0 ? GIT_OBJECT_TREE : GIT_OBJECT_BLOB;
        fill(made, data, len, &new->content);
        object_name(new, new->is_packed ? kind &IS_UNDER_WRONG_ID : 0);
        if (new->is_packed && is_there_already(made, &new->id))
            new->is_packed = false;
        else if (new->is_packed)
            git_pack_add(&made->pack, new->kind, &new->content, new->content.len + ((kind & LIES) != 0 ? LIE_BYTES : 0),
                         &new->id);
        else
            git_loose_write(objects, new->kind, &new->content, &new->id);
    }
    if (new->is_packed)
        new->offset = made->pack.entries[made->pack.count - 1].offset;
    made->count++;
}

static void make(struct made *made, const char *objects, const uint8_t *data, size_t size)
{
    while (size >= 2 && made->count < OBJECTS_MAX) {
        size_t len = data[1] < size - 2 ? data[1] : size - 2;
        make_object(made, objects, data[0], data + 2, len);
        data += 2 + len;
        size -= 2 + len;
    }
    git_pack_write(&made->pack, objects);
}

static void unmake(struct made *made, const char *objects)
{
    git_pack_remove(objects);
    git_pack_fini(&made->pack);
    for (size_t i = 0; i < made->count; i++) {
        if (!made->objects[i].is_packed)
            git_loose_remove(objects, &made->objects[i].id);
        buf_fini(&made->objects[i].content);
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

static void check(enum err code, const struct err_info *error)
{
    bool is_known = code == ERR_OK || code == ERR_PERMANENT || code == ERR_NOT_FOUND || code == ERR_USAGE;
    if (!is_known)
        fprintf(stderr, "%s\n", error->text);
    FUZZ_CHECK(is_known);
}

static void read_all(struct made *made, struct git_clone *clone)
{
    char id[GIT_OID_HEXSZ + 1], before[GIT_OID_HEXSZ + 1] = "";
    struct err_info error;
    for (size_t i = 0; i < made->count; i++) {
        struct buf content = BUF_INIT;
        int64_t size = 0;
        char blob[GIT_SHA_MAX];
        git_oid_tostr(id, sizeof id, &made->objects[i].id);
        enum err checked = git_check_tree(clone, id, &error);
        check(checked, &error);
        made->visits = 0;
        enum err walked = git_walk(clone, id, visit, made, &error);
        check(walked, &error);
        FUZZ_CHECK(checked != ERR_OK || walked == ERR_OK);
        made->visits = 0;
        if (before[0] != '\0')
            check(git_compare(clone, before, id, change, made, &error), &error);
        (void)git_find(clone, id, "a/b", blob);
        check(git_blob_size(clone, id, &size, &error), &error);
        check(git_blob_read(clone, id, &content, &error), &error);
        memcpy(before, id, sizeof id);
        buf_fini(&content);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct made made;
    struct git_clone *clone = NULL;
    struct err_info error;
    start();
    made = (struct made){.count = 0};
    char *objects = testing_join(dir, "repositories/" REPOSITORY ".git/objects");
    make(&made, objects, data, size);
    FUZZ_CHECK(git_open(&rules, REPOSITORY, &clone, &error) == ERR_OK);
    read_all(&made, clone);
    git_close(clone);
    unmake(&made, objects);
    free(objects);
    return 0;
}
