#include "tests/receiver/held.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/base/crypto.h"
#include "common/base/json.h"
#include "common/base/mem.h"
#include "tests/receiver/assembly.h"

struct file {
    UT_hash_handle hh;
    struct assembly *assembly; /* pieces of it are coming; NULL = none */
    bool held;                 /* false: only its first pieces are there */
    uint8_t sha[SHA256_BYTES];
    char path[];
};

/* What one app holds of one repository. */
struct group {
    UT_hash_handle hh;
    struct file *files;
    struct file **sorted; /* by path; NULL = to be made again */
    size_t sorted_count;
    enum verb last_verb;
    char last_commit[65];
    char name[]; /* app, '/', repository */
};

struct held {
    struct keep *keep;
    struct group *groups;
    struct held_counts counts;
};

struct held *held_new(struct keep *keep)
{
    struct held *held = mem_zalloc(sizeof *held);
    held->keep = keep;
    return held;
}

static void unsort(struct group *group)
{
    free(group->sorted);
    group->sorted = NULL;
}

static void drop_file(struct group *group, struct file *file)
{
    HASH_DEL(group->files, file);
    assembly_drop(file->assembly);
    free(file);
    unsort(group);
}

void held_drop(struct held *held)
{
    struct group *group, *next_group;
    struct file *file, *next_file;
    if (!held)
        return;
    HASH_ITER (hh, held->groups, group, next_group) {
        HASH_ITER (hh, group->files, file, next_file)
            drop_file(group, file);
        unsort(group);                 /* a group without files may have been sorted, too */
        HASH_DEL(held->groups, group); // NOLINT(clang-analyzer-core.NullDereference): it cannot follow uthash
        free(group);
    }
    free(held);
}

const struct held_counts *held_counts(const struct held *held)
{
    return &held->counts;
}

static struct group *find_group(const struct held *held, const char *app_id, const char *repository_id)
{
    char name[256];
    struct group *group = NULL;
    int len = snprintf(name, sizeof name, "%s/%s", app_id, repository_id);
    if (len < (int)sizeof name)
        HASH_FIND(hh, held->groups, name, (unsigned)len, group);
    return group;
}

static struct group *group_of(struct held *held, const struct delivery *delivery)
{
    struct group *group = find_group(held, delivery->app_id, delivery->repository_id);
    if (group)
        return group;
    size_t size = strlen(delivery->app_id) + strlen(delivery->repository_id) + 2;
    group = mem_zalloc(sizeof *group + size);
    (void)snprintf(group->name, size, "%s/%s", delivery->app_id, delivery->repository_id);
    HASH_ADD(hh, held->groups, name, (unsigned)(size - 1), group);
    return group;
}

bool held_went_back(struct held *held, const struct delivery *delivery)
{
    if (delivery->verb == VERB_SYNC_FAILED)
        return false;
    struct group *group = group_of(held, delivery);
    bool same = strcmp(group->last_commit, delivery->commit_sha) == 0;
    bool back = same && delivery->verb < group->last_verb;
    group->last_verb = delivery->verb;
    (void)snprintf(group->last_commit, sizeof group->last_commit, "%s", delivery->commit_sha);
    return back;
}

static struct file *find_file(const struct group *group, const char *path)
{
    struct file *file = NULL;
    HASH_FIND_STR(group->files, path, file);
    return file;
}

static struct file *file_of(struct group *group, const char *path)
{
    struct file *file = find_file(group, path);
    if (file)
        return file;
    size_t size = strlen(path) + 1;
    file = mem_zalloc(sizeof *file + size);
    memcpy(file->path, path, size);
    HASH_ADD_KEYPTR(hh, group->files, file->path, (unsigned)(size - 1), file);
    unsort(group);
    return file;
}

static void end_assembly(struct held *held, struct file *file)
{
    held->counts.incomplete -= file->assembly != NULL;
    assembly_drop(file->assembly);
    file->assembly = NULL;
}

static void apply_delete(struct held *held, struct group *group, const struct delivery *delivery)
{
    struct file *file = find_file(group, delivery->path);
    held->counts.updates_of_none += !file || !file->held;
    if (!file)
        return;
    held->counts.files -= file->held;
    end_assembly(held, file);
    drop_file(group, file);
    if (held->keep && !keep_remove(held->keep, delivery))
        perror("removing a file");
}

/* What a create or update that is complete found, and what is held from now on. */
static void hold(struct held *held, struct file *file, const struct delivery *delivery)
{
    uint8_t previous[SHA256_BYTES];
    if (delivery->verb == VERB_CREATE)
        held->counts.created_again += file->held;
    else if (!file->held)
        held->counts.updates_of_none++;
    else if (!crypto_unhex(delivery->previous_sha, previous, sizeof previous) ||
             memcmp(previous, file->sha, sizeof previous) != 0)
        held->counts.other_previous++;
    held->counts.files += !file->held;
    file->held = crypto_unhex(delivery->sha, file->sha, sizeof file->sha);
}

static void keep_whole(struct keep *keep, const struct delivery *delivery)
{
    struct keep_file file = KEEP_FILE_NONE;
    if (keep_begin(keep, &file) && keep_write(&file, delivery->content, delivery->content_len) &&
        keep_end(keep, &file, delivery))
        return;
    perror("keeping a file");
    keep_abandon(keep, &file);
}

static bool apply_piece(struct held *held, struct group *group, const struct delivery *delivery,
                        char why[DELIVERY_WHY_MAX])
{
    struct file *file = file_of(group, delivery->path);
    /* The first piece always begins again: that is what the next attempt, or the next job, does. */
    if (delivery->index == 0) {
        end_assembly(held, file);
        file->assembly = assembly_new(held->keep, delivery);
        held->counts.incomplete++;
    }
    if (!file->assembly) {
        (void)snprintf(why, DELIVERY_WHY_MAX, "a piece of a file whose first piece never came");
        return false;
    }
    enum assembly_result result = assembly_add(file->assembly, delivery, why);
    if (result == ASSEMBLY_COMPLETE)
        hold(held, file, delivery);
    if (result == ASSEMBLY_COMPLETE || result == ASSEMBLY_BAD_DIGEST)
        end_assembly(held, file);
    return result != ASSEMBLY_DISORDER && result != ASSEMBLY_BAD_DIGEST;
}

bool held_apply(struct held *held, const struct delivery *delivery, char why[DELIVERY_WHY_MAX])
{
    if (delivery->verb == VERB_SYNC_FAILED)
        return true;
    struct group *group = group_of(held, delivery);
    if (delivery->chunk_id[0])
        return apply_piece(held, group, delivery, why);
    if (delivery->verb == VERB_DELETE) {
        apply_delete(held, group, delivery);
        return true;
    }
    struct file *file = file_of(group, delivery->path);
    end_assembly(held, file);
    hold(held, file, delivery);
    if (held->keep)
        keep_whole(held->keep, delivery);
    return true;
}

static int by_path(const void *a, const void *b)
{
    return strcmp((*(struct file *const *)a)->path, (*(struct file *const *)b)->path);
}

static void sort(struct group *group)
{
    if (group->sorted)
        return;
    struct file *file, *next;
    group->sorted_count = 0;
    group->sorted = mem_array(HASH_COUNT(group->files) + 1u, sizeof(struct file *));
    HASH_ITER (hh, group->files, file, next)
        group->sorted[group->sorted_count++] = file;
    qsort(group->sorted, group->sorted_count, sizeof(struct file *), by_path);
}

/* The place of the first path above `after`. */
static size_t first_above(const struct group *group, const char *after)
{
    size_t low = 0, high = group->sorted_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(group->sorted[middle]->path, after) > 0)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static void add_file(struct buf *out, const struct file *file)
{
    char hex[SHA256_HEX + 1];
    crypto_hex(file->sha, sizeof file->sha, hex);
    json_add_string(out, file->path, strlen(file->path));
    buf_addf(out, ":\"%s\"", hex);
}

bool held_add_files(struct held *held, const char *app_id, const char *repository_id, const char *after, size_t limit,
                    struct buf *out)
{
    struct group *group = find_group(held, app_id, repository_id);
    if (!group)
        return false;
    sort(group);
    size_t added = 0;
    buf_add_char(out, '{');
    for (size_t at = first_above(group, after); at < group->sorted_count && added < limit; at++) {
        if (!group->sorted[at]->held)
            continue;
        if (added++ > 0)
            buf_add_char(out, ',');
        add_file(out, group->sorted[at]);
    }
    buf_add_char(out, '}');
    return true;
}
