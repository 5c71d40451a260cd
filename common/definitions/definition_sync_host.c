#include "common/definitions/definition_sync_host.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/mem.h"

void definition_sync_host(char name[DEFINITION_SYNC_HOST_MAX])
{
    memset(name, 0, DEFINITION_SYNC_HOST_MAX);
    if (gethostname(name, DEFINITION_SYNC_HOST_MAX - 1) != 0 || name[0] == '\0')
        strcpy(name, "?");
}

bool definition_sync_is_older(const char *one, const char *other)
{
    return strverscmp(one, other) < 0;
}

static int line_compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *line_of(const char *mark, const char *name, const char *rest)
{
    struct buf line = BUF_INIT;
    buf_addf(&line, "%s%s %s\n", mark, name, rest);
    return buf_take(&line);
}

void definition_sync_digest(const struct definition_set *set, char digest[SHA256_HEX + 1])
{
    size_t count = set->count + set->failure_count;
    char **lines = mem_array(count + 1, sizeof *lines);
    struct buf all = BUF_INIT;
    uint8_t bytes[SHA256_BYTES];
    for (size_t i = 0; i < set->count; i++) {
        definition_digest(set->files[i].definition, digest);
        lines[i] = line_of("", set->files[i].definition->id, digest);
    }
    for (size_t i = 0; i < set->failure_count; i++)
        lines[set->count + i] = line_of("!", set->failures[i].name, set->failures[i].text);
    qsort(lines, count, sizeof *lines, line_compare);
    for (size_t i = 0; i < count; i++) {
        buf_add_str(&all, lines[i]);
        free(lines[i]);
    }
    crypto_sha256(all.data == NULL ? "" : all.data, all.len, bytes);
    crypto_hex(bytes, sizeof bytes, digest);
    buf_fini(&all);
    free(lines);
}
