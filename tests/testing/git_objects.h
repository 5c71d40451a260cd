/* Objects of a git repository, written byte by byte as they are given. Neither git nor libgit2 looks at them first, so
 * that what neither would make can be read by both. */
#ifndef REPRISE_TESTING_GIT_OBJECTS_H
#define REPRISE_TESTING_GIT_OBJECTS_H

#include <git2.h>
#include <stdbool.h>

#include "common/base/buf.h"

#define GIT_OBJECT_BYTES_MAX 65535 /* of one object, and of one difference */

/* A loose object below the directory `objects`; `id` is filled in. */
void git_loose_write(const char *objects, git_object_t kind, const struct buf *content, git_oid *id);
void git_loose_remove(const char *objects, const git_oid *id);

/* What the instructions of a difference make of `base`, appended to `out`, as far as they can be followed and there is
 * room. False: not to their end. */
bool git_delta_follow(const struct buf *base, const uint8_t *instructions, size_t len, struct buf *out);
/* A difference: the sizes of its base and of what it makes, as they are given, then the instructions. */
void git_delta_add(struct buf *delta, size_t base_size, size_t size, const uint8_t *instructions, size_t len);

/* One pack, in memory until it is written. All zero is an empty one. */
struct git_pack {
    struct buf bytes;
    struct git_pack_entry {
        git_oid id;
        uint32_t offset;
    } * entries;
    size_t count;
};

/* An object as it is, under this id, whether it is the right one or not. `size` is what its head says. */
void git_pack_add(struct git_pack *pack, git_object_t kind, const struct buf *content, size_t size, const git_oid *id);
/* A difference to another object, named by its id, or by how far before this one it stands. */
void git_pack_add_ref_delta(struct git_pack *pack, const git_oid *base, const struct buf *delta, const git_oid *id);
void git_pack_add_offset_delta(struct git_pack *pack, size_t back, const struct buf *delta, const git_oid *id);
/* As objects/pack/pack-fuzz.pack, with an index (version 2) in which each id stands once. */
void git_pack_write(struct git_pack *pack, const char *objects);
void git_pack_remove(const char *objects);
void git_pack_fini(struct git_pack *pack);

#endif
