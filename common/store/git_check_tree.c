/*
 * Whether a tree keeps the limits, told before anything of it is walked. A tree that is named many times is read once:
 * what was found below it is kept, so that ten directories in one another, ten times each, are ten trees and not 10^10.
 * What is kept is bounded; a repository with more different trees than that is counted on as it is walked.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/store/git_private.h"

#define KNOWN_MAX 65536 /* a power of two, twice what is kept */
#define TICK_TREES 16

struct known {
    git_oid id;
    bool is_used;
    int64_t entries, depth, bytes; /* below it, itself included */
};

struct check {
    struct git_clone *clone;
    struct err_info *error;
    struct known *known; /* KNOWN_MAX places, open addressing */
    size_t count;
    int64_t trees;
    int64_t open_bytes; /* of the trees on the way down */
};

/* The place of a tree: its own, or the free one where it belongs. Ids are as good as random. */
static struct known *known_find(const struct check *check, const git_oid *id)
{
    size_t at;
    memcpy(&at, id->id, sizeof at);
    for (at %= KNOWN_MAX; check->known[at].is_used && !git_oid_equal(&check->known[at].id, id);)
        at = (at + 1) % KNOWN_MAX;
    return &check->known[at];
}

static void known_keep(struct check *check, const git_oid *id, const struct known *found)
{
    if (check->count >= KNOWN_MAX / 2)
        return;
    struct known *place = known_find(check, id);
    check->count += !place->is_used;
    *place = *found;
    place->is_used = true;
    git_oid_cpy(&place->id, id);
}

static enum err limits_check(const struct check *check, const struct known *found)
{
    const struct git_rules *rules = &check->clone->rules;
    if (found->entries > rules->max_files)
        return git_tree_too_many(check->clone, check->error);
    if (found->depth > rules->max_depth)
        return git_tree_too_deep(check->clone, check->error);
    return found->bytes > rules->max_tree_bytes ? git_tree_too_big(check->clone, check->error) : ERR_OK;
}

static enum err look_below(struct check *check, const git_oid *id, int64_t level, struct known *found);

static enum err add_entries(struct check *check, const git_tree *tree, int64_t level, struct known *found)
{
    int64_t deepest = 0, most_bytes = 0;
    size_t count = git_tree_entrycount(tree);
    found->entries = (int64_t)count;
    enum err err = limits_check(check, found);
    for (size_t i = 0; i < count && err == ERR_OK; i++) {
        const git_tree_entry *entry = git_tree_entry_byindex(tree, i);
        struct known below = {.entries = 0};
        if (!git_tree_is_tree(entry))
            continue;
        err = look_below(check, git_tree_entry_id(entry), level + 1, &below);
        found->entries += below.entries;
        deepest = below.depth > deepest ? below.depth : deepest;
        most_bytes = below.bytes > most_bytes ? below.bytes : most_bytes;
        if (err == ERR_OK)
            err = limits_check(check, found);
    }
    found->depth = 1 + deepest;
    found->bytes = git_tree_bytes(tree) + most_bytes;
    return err == ERR_OK ? limits_check(check, found) : err;
}

static enum err look_below(struct check *check, const git_oid *id, int64_t level, struct known *found)
{
    git_tree *tree = NULL;
    const struct known *known = known_find(check, id);
    if (known->is_used) {
        *found = *known;
        return ERR_OK;
    }
    if (level > check->clone->rules.max_depth)
        return git_tree_too_deep(check->clone, check->error);
    if (++check->trees > check->clone->rules.max_files)
        return git_tree_too_many(check->clone, check->error);
    enum err err = check->trees % TICK_TREES == 0 ? git_tick(check->clone, check->error) : ERR_OK;
    if (err == ERR_OK)
        err = git_tree_open(check->clone, id, &tree, check->error);
    int64_t bytes = err == ERR_OK ? git_tree_bytes(tree) : 0;
    check->open_bytes += bytes;
    if (check->open_bytes > check->clone->rules.max_tree_bytes)
        err = git_tree_too_big(check->clone, check->error);
    if (err == ERR_OK)
        err = add_entries(check, tree, level, found);
    check->open_bytes -= bytes;
    git_tree_free(tree);
    if (err == ERR_OK)
        known_keep(check, id, found);
    return err;
}

enum err git_check_tree(struct git_clone *clone, const char *tree, struct err_info *error)
{
    git_oid id;
    struct known found = {.entries = 0};
    enum err err = git_parse_id(tree, &id, error);
    if (err != ERR_OK)
        return err;
    struct check check = {.clone = clone, .error = error, .known = mem_array(KNOWN_MAX, sizeof(*check.known))};
    err = look_below(&check, &id, 1, &found);
    free(check.known);
    return err;
}
