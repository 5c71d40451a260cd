/* One run's directory: what lies in it, and the seal over the state of its files. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/crypto.h"
#include "common/base/input_file.h"
#include "common/base/mem.h"
#include "worker/run/history_files.h"

#define SETTLED_US INT64_C(2000000)
#define NS_PER_US 1000

static const char *const stream_names[HISTORY_STREAM_NAMES] = {"raw_output.jsonl", "cc_raw_output.jsonl"};

static enum err add_directory(struct history_listing *listing, const char *name, struct err_info *error)
{
    if (listing->agent_count == HISTORY_AGENTS_MAX)
        return err_set(error, ERR_PERMANENT, "more than %d directories in one run", HISTORY_AGENTS_MAX);
    if (listing->agent_count == listing->agent_cap) {
        listing->agent_cap = listing->agent_cap == 0 ? 16 : listing->agent_cap * 2;
        listing->agents = mem_grow(listing->agents, listing->agent_cap, sizeof(*listing->agents));
    }
    listing->agents[listing->agent_count++] = listing->names.len;
    buf_add(&listing->names, name, strlen(name) + 1);
    listing->adw_directories += strncmp(name, "adw_", 4) == 0;
    return ERR_OK;
}

/* A directory may hold millions of entries that are nothing to us. */
static enum err count_entry(struct history_listing *listing, struct err_info *error)
{
    if (++listing->seen > HISTORY_RUN_ENTRIES_MAX)
        return err_set(error, ERR_PERMANENT, "more than %d entries in one run", HISTORY_RUN_ENTRIES_MAX);
    if (listing->seen % HISTORY_TICK_ENTRIES != 0 || listing->tick == NULL)
        return ERR_OK;
    return listing->tick(listing->tick_context, error);
}

static enum err list_entry(void *context, const char *name, enum history_entry kind, struct err_info *error)
{
    struct history_listing *listing = context;
    enum err err = count_entry(listing, error);
    if (err != ERR_OK)
        return err;
    if (kind == HISTORY_ENTRY_DIRECTORY && strcmp(name, "adw_state.json") != 0 &&
        strcmp(name, "workflow_summary.json") != 0)
        return add_directory(listing, name, error);
    listing->has_state = listing->has_state || strcmp(name, "adw_state.json") == 0;
    listing->has_summary = listing->has_summary || strcmp(name, "workflow_summary.json") == 0;
    listing->has_error_log = listing->has_error_log || (kind == HISTORY_ENTRY_FILE && strcmp(name, "error.log") == 0);
    listing->links += kind == HISTORY_ENTRY_LINK;
    return ERR_OK;
}

static int by_name(const void *a, const void *b, void *names)
{
    return strcmp((const char *)names + *(const size_t *)a, (const char *)names + *(const size_t *)b);
}

enum err history_listing_open(struct history_reader *reader, struct history_dir *dir, const char *adw_id,
                              struct err_info *error)
{
    struct history_listing *listing = &reader->listing;
    if (!history_id_is_usable(adw_id))
        return err_set(error, ERR_USAGE, "\"%s\": no usable id of a run", adw_id);
    buf_reset(&listing->names);
    listing->has_state = listing->has_summary = listing->has_error_log = false;
    listing->adw_directories = listing->links = listing->agent_count = listing->seen = 0;
    listing->tick = reader->tick;
    listing->tick_context = reader->tick_context;
    listing->fd = beneath_open(dir->fd, adw_id, O_DIRECTORY, BENEATH_NO_LINKS);
    if (listing->fd < 0)
        return history_io_fail(errno, adw_id, error);
    struct history_entries entries = {listing->fd, adw_id, &reader->entries, list_entry, listing};
    enum err err = history_io_list(&entries, error);
    if (err != ERR_OK) {
        history_listing_close(listing);
        return err;
    }
    if (listing->agent_count > 1)
        qsort_r(listing->agents, listing->agent_count, sizeof(*listing->agents), by_name, listing->names.data);
    return ERR_OK;
}

void history_listing_close(struct history_listing *listing)
{
    if (listing->fd >= 0)
        close(listing->fd);
    listing->fd = -1;
}

void history_listing_fini(struct history_listing *listing)
{
    history_listing_close(listing);
    buf_fini(&listing->names);
    free(listing->agents);
}

const char *history_listing_agent(const struct history_listing *listing, size_t i)
{
    return listing->names.data + listing->agents[i];
}

const char *history_stream_path(struct history_reader *reader, size_t agent, int which)
{
    buf_reset(&reader->path);
    buf_add_str(&reader->path, history_listing_agent(&reader->listing, agent));
    buf_add_char(&reader->path, '/');
    buf_add_str(&reader->path, stream_names[which]);
    return reader->path.data;
}

void history_seal_begin(struct history_seal *seal)
{
    buf_reset(&seal->text);
    seal->youngest_ns = INT64_MIN;
}

/* A NUL behind the path: a name may hold every other character. */
void history_seal_add(struct history_seal *seal, const char *path, const struct stat *info)
{
    int64_t mtime_ns = (int64_t)info->st_mtim.tv_sec * 1000000000 + info->st_mtim.tv_nsec;
    if (mtime_ns > seal->youngest_ns)
        seal->youngest_ns = mtime_ns;
    buf_add(&seal->text, path, strlen(path) + 1);
    buf_add_int(&seal->text, (int64_t)(info->st_mode & S_IFMT));
    buf_add_char(&seal->text, ' ');
    buf_add_int(&seal->text, (int64_t)info->st_size);
    buf_add_char(&seal->text, ' ');
    buf_add_int(&seal->text, mtime_ns);
    buf_add_char(&seal->text, '\n');
}

void history_seal_end(struct history_seal *seal, const struct history_listing *listing, char out[SHA256_HEX + 1])
{
    uint8_t digest[SHA256_BYTES];
    buf_add_str(&seal->text, "adw_directories ");
    buf_add_int(&seal->text, (int64_t)listing->adw_directories);
    crypto_sha256(seal->text.data, seal->text.len, digest);
    crypto_hex(digest, sizeof(digest), out);
}

bool history_seal_is_settled(const struct history_seal *seal, int64_t now_us)
{
    return seal->youngest_ns / NS_PER_US < now_us - SETTLED_US;
}
