#include "tests/receiver/seen.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The keys are digests: any four bytes of them are a hash. */
#define HASH_FUNCTION(bytes, len, hash) memcpy(&(hash), (bytes), sizeof(hash))
#include <uthash.h>

#include "common/base/crypto.h"
#include "common/base/mem.h"

#define SLAB_KEYS 1024

struct seen_key {
    uint8_t key[SHA256_BYTES];
    uint64_t meaning; /* a hash of what it stood for the first time */
    int64_t times;
    bool accepted;
    UT_hash_handle hh;
};

/* Memory by the thousand: the benchmark brings millions of keys, and all go at once. */
struct slab {
    struct slab *next;
    size_t used;
    struct seen_key keys[SLAB_KEYS];
};

struct seen {
    struct seen_counts counts;
    struct seen_key *by_key;
    struct slab *slabs;
};

struct seen *seen_new(void)
{
    return mem_zalloc(sizeof(struct seen));
}

void seen_drop(struct seen *seen)
{
    if (!seen)
        return;
    HASH_CLEAR(hh, seen->by_key);
    while (seen->slabs) {
        struct slab *slab = seen->slabs;
        seen->slabs = slab->next;
        free(slab);
    }
    free(seen);
}

const struct seen_counts *seen_counts(const struct seen *seen)
{
    return &seen->counts;
}

/* FNV-1a, over the text and its NUL. */
static uint64_t mix(uint64_t hash, const char *text)
{
    do
        hash = (hash ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
    while (*text++);
    return hash;
}

/* The wire's time and commit are left out: they differ between the attempts of one job. */
static uint64_t meaning_of(const struct delivery *delivery)
{
    const char *const texts[] = {verb_name(delivery->verb), delivery->app_id, delivery->repository_id, delivery->path,
                                 delivery->sha};
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ (uint64_t)delivery->index;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        hash = mix(hash, texts[i]);
    return hash;
}

static struct seen_key *add_key(struct seen *seen, const uint8_t *digest, uint64_t meaning)
{
    if (!seen->slabs || seen->slabs->used == SLAB_KEYS) {
        struct slab *slab = mem_alloc(sizeof *slab);
        slab->next = seen->slabs;
        slab->used = 0;
        seen->slabs = slab;
    }
    struct seen_key *key = &seen->slabs->keys[seen->slabs->used++];
    *key = (struct seen_key){.meaning = meaning};
    memcpy(key->key, digest, sizeof key->key);
    HASH_ADD(hh, seen->by_key, key, sizeof key->key, key);
    seen->counts.keys++;
    return key;
}

static void note_repetition(struct seen_counts *counts, const struct seen_key *key, uint64_t meaning)
{
    counts->repeated_keys += key->times == 1;
    counts->accepted_again += key->accepted;
    counts->key_conflicts += key->meaning != meaning;
    if (key->times > counts->max_repeats)
        counts->max_repeats = key->times;
}

struct seen_key *seen_note(struct seen *seen, const char *key, const struct delivery *delivery, int64_t *repeated)
{
    uint8_t digest[SHA256_BYTES];
    struct seen_key *known = NULL;
    uint64_t meaning = meaning_of(delivery);
    if (!crypto_unhex(key, digest, sizeof digest))
        memset(digest, 0, sizeof digest);
    HASH_FIND(hh, seen->by_key, digest, sizeof digest, known);
    if (known)
        note_repetition(&seen->counts, known, meaning);
    else
        known = add_key(seen, digest, meaning);
    *repeated = known->times++;
    return known;
}

void seen_accepted(struct seen_key *key)
{
    key->accepted = true;
}
