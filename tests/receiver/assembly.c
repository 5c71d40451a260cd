#include "tests/receiver/assembly.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/crypto.h"
#include "common/base/mem.h"

#define UUID_LEN 36

struct assembly {
    char id[UUID_LEN + 1], sha[SHA256_HEX + 1];
    int64_t next, total, size;
    struct digest *digest;
    struct keep *keep;
    struct keep_file file;
};

struct assembly *assembly_new(struct keep *keep, const struct delivery *first)
{
    struct assembly *assembly = mem_zalloc(sizeof *assembly);
    (void)snprintf(assembly->id, sizeof assembly->id, "%s", first->chunk_id);
    (void)snprintf(assembly->sha, sizeof assembly->sha, "%s", first->sha);
    assembly->total = first->total;
    assembly->size = first->size;
    assembly->digest = digest_sha256_new();
    assembly->keep = keep;
    assembly->file = KEEP_FILE_NONE;
    return assembly;
}

void assembly_drop(struct assembly *assembly)
{
    if (!assembly)
        return;
    if (assembly->keep)
        keep_abandon(assembly->keep, &assembly->file);
    digest_drop(assembly->digest);
    free(assembly);
}

static bool same_file(const struct assembly *assembly, const struct delivery *piece)
{
    return strcmp(assembly->id, piece->chunk_id) == 0 && strcmp(assembly->sha, piece->sha) == 0 &&
           assembly->total == piece->total && assembly->size == piece->size;
}

static bool store(struct assembly *assembly, const struct delivery *piece)
{
    digest_add(assembly->digest, piece->content, piece->content_len);
    if (!assembly->keep)
        return true;
    if (assembly->file.fd < 0 && !keep_begin(assembly->keep, &assembly->file))
        return false;
    return keep_write(&assembly->file, piece->content, piece->content_len);
}

static enum assembly_result complete(struct assembly *assembly, const struct delivery *piece,
                                     char why[DELIVERY_WHY_MAX])
{
    uint8_t sha[SHA256_BYTES];
    char hex[SHA256_HEX + 1];
    digest_end(assembly->digest, sha);
    crypto_hex(sha, sizeof sha, hex);
    if (strcmp(hex, assembly->sha) != 0) {
        (void)snprintf(why, DELIVERY_WHY_MAX, "the pieces together are not the file: their sha is %s", hex);
        return ASSEMBLY_BAD_DIGEST;
    }
    if (assembly->keep && !keep_end(assembly->keep, &assembly->file, piece))
        perror("keeping a chunked file");
    return ASSEMBLY_COMPLETE;
}

enum assembly_result assembly_add(struct assembly *assembly, const struct delivery *piece, char why[DELIVERY_WHY_MAX])
{
    if (!same_file(assembly, piece) || piece->index > assembly->next) {
        (void)snprintf(why, DELIVERY_WHY_MAX, "piece %" PRId64 " of %s, but piece %" PRId64 " of %s comes next",
                       piece->index, piece->chunk_id, assembly->next, assembly->id);
        return ASSEMBLY_DISORDER;
    }
    if (piece->index < assembly->next)
        return ASSEMBLY_REPEATED;
    if (!store(assembly, piece))
        perror("keeping a piece");
    assembly->next++;
    return assembly->next < assembly->total ? ASSEMBLY_GOES_ON : complete(assembly, piece, why);
}
