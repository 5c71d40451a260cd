/*
 * Writes loose objects and packs for tests and fuzzers. All is compressed as blocks that are stored as they are (RFC
 * 1950 and 1951), so that a byte of the input is a byte of the file. Ends the test where a file cannot be written.
 */
#include "tests/testing/git_objects.h"

#include <assert.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/mem.h"

static void add_u32(struct buf *out, uint32_t number)
{
    const uint8_t bytes[] = {(uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number};
    buf_add(out, bytes, sizeof bytes);
}

static void add_stored(struct buf *out, const struct buf *plain)
{
    uint32_t low = 1, high = 0;
    assert(plain->len <= GIT_OBJECT_BYTES_MAX + 64);
    const uint8_t zlib[] = {0x78, 0x01};
    buf_add(out, zlib, sizeof zlib);
    for (size_t at = 0; at == 0 || at < plain->len;) {
        size_t len = plain->len - at < 32768 ? plain->len - at : 32768;
        const uint8_t head[] = {at + len == plain->len, (uint8_t)(len & 255), (uint8_t)(len >> 8),
                                (uint8_t)(~len & 255), (uint8_t)(~len >> 8 & 255)};
        buf_add(out, head, sizeof head);
        if (len > 0)
            buf_add(out, plain->data + at, len);
        at += len > 0 ? len : 1;
    }
    for (size_t i = 0; i < plain->len; i++) {
        low = (low + (uint8_t)plain->data[i]) % 65521;
        high = (high + low) % 65521;
    }
    add_u32(out, high << 16 | low);
}

static void write_file(const char *path, const struct buf *bytes)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ssize_t written = fd >= 0 ? write(fd, bytes->data, bytes->len) : -1;
    assert(written == (ssize_t)bytes->len);
    close(fd);
}

/* ---- loose objects ----------------------------------------------------------------------------------------------- */

static void loose_path(const char *objects, const git_oid *id, char path[PATH_MAX])
{
    char hex[GIT_OID_HEXSZ + 1];
    git_oid_tostr(hex, sizeof hex, id);
    snprintf(path, PATH_MAX, "%s/%.2s", objects, hex);
    (void)!mkdir(path, 0700);
    snprintf(path, PATH_MAX, "%s/%.2s/%s", objects, hex, hex + 2);
}

void git_loose_write(const char *objects, git_object_t kind, const struct buf *content, git_oid *id)
{
    struct buf plain = BUF_INIT, stored = BUF_INIT;
    char path[PATH_MAX];
    const char *bytes = content->len > 0 ? content->data : "";
    int failure = git_odb_hash(id, bytes, content->len, kind);
    assert(failure == 0);
    buf_addf(&plain, "%s %zu", git_object_type2string(kind), content->len);
    buf_add_char(&plain, '\0');
    buf_add(&plain, bytes, content->len);
    add_stored(&stored, &plain);
    loose_path(objects, id, path);
    write_file(path, &stored);
    buf_fini(&stored);
    buf_fini(&plain);
}

void git_loose_remove(const char *objects, const git_oid *id)
{
    char path[PATH_MAX];
    loose_path(objects, id, path);
    unlink(path);
}

/* ---- differences ------------------------------------------------------------------------------------------------- */

struct reader {
    const uint8_t *at, *end;
    bool short_of; /* more was wanted than there is */
};

static uint8_t next(struct reader *reader)
{
    if (reader->at == reader->end) {
        reader->short_of = true;
        return 0;
    }
    return *reader->at++;
}

/* The bytes of a number that the bits of `given` say are there. */
static size_t read_given(struct reader *reader, unsigned given, int bytes)
{
    size_t number = 0;
    for (int i = 0; i < bytes; i++)
        if ((given & 1u << i) != 0)
            number |= (size_t)next(reader) << 8 * i;
    return number;
}

static bool apply_one(struct reader *reader, const struct buf *base, struct buf *out)
{
    uint8_t command = next(reader);
    if ((command & 128) != 0) {
        size_t offset = read_given(reader, command & 15u, 4), len = read_given(reader, command >> 4 & 7u, 3);
        len = len == 0 ? 65536 : len;
        if (reader->short_of || offset > base->len || len > base->len - offset || out->len + len > GIT_OBJECT_BYTES_MAX)
            return false;
        buf_add(out, base->data + offset, len);
        return true;
    }
    if (command == 0 || command > reader->end - reader->at)
        return false;
    buf_add(out, reader->at, command);
    reader->at += command;
    return true;
}

bool git_delta_follow(const struct buf *base, const uint8_t *instructions, size_t len, struct buf *out)
{
    struct reader reader = {instructions, instructions + len, false};
    while (reader.at < reader.end)
        if (!apply_one(&reader, base, out))
            return false;
    return true;
}

static void add_size(struct buf *out, size_t size)
{
    for (; size > 127; size >>= 7)
        buf_add_char(out, (char)((size & 127) | 128));
    buf_add_char(out, (char)size);
}

void git_delta_add(struct buf *delta, size_t base_size, size_t size, const uint8_t *instructions, size_t len)
{
    add_size(delta, base_size);
    add_size(delta, size);
    buf_add(delta, instructions, len);
}

/* ---- packs ------------------------------------------------------------------------------------------------------- */

#define HEAD_BYTES 12
#define SUM_BYTES 20 /* libgit2 only looks whether the pack's sum and that of its index are equal: both are zero */
#define REF_DELTA 7
#define OFFSET_DELTA 6

static void pack_begin(struct git_pack *pack, unsigned kind, size_t size, const git_oid *id)
{
    if (pack->count == 0) {
        buf_add_str(&pack->bytes, "PACK");
        add_u32(&pack->bytes, 2);
        add_u32(&pack->bytes, 0);
    }
    pack->entries = mem_grow(pack->entries, pack->count + 1, sizeof *pack->entries);
    pack->entries[pack->count++] = (struct git_pack_entry){*id, (uint32_t)pack->bytes.len};
    uint8_t head = (uint8_t)(kind << 4 | (size & 15));
    for (size >>= 4; size > 0; size >>= 7) {
        buf_add_char(&pack->bytes, (char)(head | 128));
        head = (uint8_t)(size & 127);
    }
    buf_add_char(&pack->bytes, (char)head);
}

void git_pack_add(struct git_pack *pack, git_object_t kind, const struct buf *content, size_t size, const git_oid *id)
{
    pack_begin(pack, (unsigned)kind, size, id);
    add_stored(&pack->bytes, content);
}

void git_pack_add_ref_delta(struct git_pack *pack, const git_oid *base, const struct buf *delta, const git_oid *id)
{
    pack_begin(pack, REF_DELTA, delta->len, id);
    buf_add(&pack->bytes, base->id, GIT_OID_RAWSZ);
    add_stored(&pack->bytes, delta);
}

void git_pack_add_offset_delta(struct git_pack *pack, size_t back, const struct buf *delta, const git_oid *id)
{
    uint8_t digits[10];
    size_t at = sizeof digits;
    pack_begin(pack, OFFSET_DELTA, delta->len, id);
    digits[--at] = (uint8_t)(back & 127);
    while ((back >>= 7) > 0)
        digits[--at] = (uint8_t)(128 | (--back & 127));
    buf_add(&pack->bytes, digits + at, sizeof digits - at);
    add_stored(&pack->bytes, delta);
}

static int by_id(const void *a, const void *b)
{
    return git_oid_cmp(&((const struct git_pack_entry *)a)->id, &((const struct git_pack_entry *)b)->id);
}

static void sort_once(struct git_pack *pack)
{
    size_t kept = 0;
    qsort(pack->entries, pack->count, sizeof *pack->entries, by_id);
    for (size_t i = 0; i < pack->count; i++)
        if (kept == 0 || git_oid_cmp(&pack->entries[kept - 1].id, &pack->entries[i].id) != 0)
            pack->entries[kept++] = pack->entries[i];
    pack->count = kept;
}

static void make_index(const struct git_pack *pack, struct buf *index)
{
    static const uint8_t head[] = {0xff, 't', 'O', 'c', 0, 0, 0, 2};
    static const uint8_t sums[2 * SUM_BYTES];
    buf_add(index, head, sizeof head);
    size_t below = 0;
    for (unsigned first = 0; first < 256; first++) {
        while (below < pack->count && pack->entries[below].id.id[0] <= first)
            below++;
        add_u32(index, (uint32_t)below);
    }
    for (size_t i = 0; i < pack->count; i++)
        buf_add(index, pack->entries[i].id.id, GIT_OID_RAWSZ);
    for (size_t i = 0; i < pack->count; i++)
        add_u32(index, 0); /* CRCs, which only repacking reads */
    for (size_t i = 0; i < pack->count; i++)
        add_u32(index, pack->entries[i].offset);
    buf_add(index, sums, sizeof sums);
}

static void pack_path(const char *objects, const char *kind, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s/pack/pack-fuzz.%s", objects, kind);
}

void git_pack_write(struct git_pack *pack, const char *objects)
{
    static const uint8_t sum[SUM_BYTES];
    char path[PATH_MAX];
    struct buf index = BUF_INIT;
    if (pack->count == 0)
        return;
    sort_once(pack);
    pack->bytes.data[HEAD_BYTES - 1] = (char)pack->count;
    buf_add(&pack->bytes, sum, sizeof sum);
    make_index(pack, &index);
    pack_path(objects, "pack", path);
    write_file(path, &pack->bytes);
    pack_path(objects, "idx", path);
    write_file(path, &index);
    buf_fini(&index);
}

void git_pack_remove(const char *objects)
{
    char path[PATH_MAX];
    pack_path(objects, "idx", path);
    unlink(path);
    pack_path(objects, "pack", path);
    unlink(path);
}

void git_pack_fini(struct git_pack *pack)
{
    buf_fini(&pack->bytes);
    free(pack->entries);
    *pack = (struct git_pack){.count = 0};
}
