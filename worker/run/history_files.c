/*
 * A run, read: its state or summary, the end of each agent's stream, and the state of each file in the signature. Few
 * calls per run, because a cost re-sync reads a hundred thousand of them: open and list the directory, then open,
 * fstat, read and close for each file that counts.
 */
#include "worker/run/history_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/crypto.h"
#include "common/base/mem.h"
#include "common/history/run_assemble.h"
#include "common/history/state_file.h"

#define READ_TRIES 3

struct history_reader *history_reader_new(const struct prices *prices, history_tick *tick, void *tick_context)
{
    struct history_reader *reader = mem_zalloc(sizeof(*reader));
    reader->prices = prices;
    history_reader_set_tick(reader, tick, tick_context);
    reader->listing.fd = -1;
    reader->max_run_bytes = INT64_MAX;
    tail_init(&reader->tail);
    return reader;
}

void history_reader_set_tick(struct history_reader *reader, history_tick *tick, void *tick_context)
{
    reader->tick = tick;
    reader->tick_context = tick_context;
}

void history_reader_set_limit(struct history_reader *reader, int64_t max_run_bytes)
{
    reader->max_run_bytes = max_run_bytes;
}

void history_reader_drop(struct history_reader *reader)
{
    if (reader == NULL)
        return;
    history_listing_fini(&reader->listing);
    tail_fini(&reader->tail);
    buf_fini(&reader->entries);
    buf_fini(&reader->file);
    buf_fini(&reader->line);
    buf_fini(&reader->path);
    buf_fini(&reader->seal.text);
    free(reader);
}

/* One reading of one run. */
struct reading {
    struct history_reader *reader;
    struct run_assembly assembly;
    struct digest *digest; /* over what was read */
    struct run_signs signs;
    size_t streams;
    int64_t stream_bytes; /* of all streams so far */
};

static enum err read_whole(int fd, const struct stat *info, struct buf *out, struct err_info *error)
{
    buf_reset(out);
    if (info->st_size > (off_t)STATE_FILE_MAX_BYTES)
        return err_set(error, ERR_PERMANENT, "%lld bytes are too many: at most %zu are read", (long long)info->st_size,
                       STATE_FILE_MAX_BYTES);
    size_t size = (size_t)info->st_size;
    char *room = buf_reserve(out, size);
    out->len = size;
    return history_io_read(fd, room, size, 0, error);
}

static enum err read_state_bytes(struct reading *reading, int fd, const struct stat *info, struct err_info *error)
{
    struct buf *file = &reading->reader->file;
    struct state_file state;
    enum err err = read_whole(fd, info, file, error);
    if (err != ERR_OK)
        return err;
    digest_add(reading->digest, file->data, file->len);
    state_file_init(&state);
    err = state_file_read(file->data, file->len, &state, error);
    if (err == ERR_OK)
        run_assemble_state(&reading->assembly, &state);
    else
        error->code = err = ERR_PERMANENT; /* the file is wrong, not the request */
    state_file_fini(&state);
    return err;
}

static enum err read_state(struct reading *reading, const char *name, struct err_info *error)
{
    struct stat info;
    int fd = -1;
    enum err err = history_io_open(reading->reader->listing.fd, name, &fd, &info, error);
    if (err != ERR_OK)
        return err;
    history_seal_add(&reading->reader->seal, name, &info);
    err = read_state_bytes(reading, fd, &info, error);
    close(fd);
    return err == ERR_OK ? ERR_OK : err_prefix(error, "%s", name);
}

static void warn_of_stream(struct run_facts *facts, const char *path, const struct history_stream *stream)
{
    if (stream->broken > stream->cut)
        run_facts_warn(facts, "%s: %lld broken lines skipped", path, (long long)stream->broken - stream->cut);
    if (stream->broken_results > 0)
        run_facts_warn(facts, "%s: %lld of them are result lines: an older one, or none, counts in their place", path,
                       (long long)stream->broken_results);
    if (stream->overlong > 0)
        run_facts_warn(facts, "%s: %lld lines of more than %zu bytes skipped", path, (long long)stream->overlong,
                       TAIL_LINE_MAX);
}

/* One agent's stream while it is read. */
struct agent_reading {
    struct reading *reading;
    const char *directory;
    bool is_again;
};

static void add_result(void *context)
{
    struct agent_reading *agent = context;
    const struct history_reader *reader = agent->reading->reader;
    digest_add(agent->reading->digest, reader->line.data, reader->line.len);
    run_assemble_agent(&agent->reading->assembly, &(struct run_agent){.directory = agent->directory,
                                                                      .is_again = agent->is_again,
                                                                      .line = &reader->result,
                                                                      .stream_model = &reader->model});
    agent->is_again = true;
}

static enum err read_stream(struct reading *reading, size_t index, int fd, int64_t size, struct err_info *error)
{
    struct history_reader *reader = reading->reader;
    struct agent_reading agent = {reading, history_listing_agent(&reader->listing, index), false};
    struct history_stream stream;
    enum err err =
        history_stream_read(reader, &(struct history_stream_source){fd, size, add_result, &agent}, &stream, error);
    if (err != ERR_OK)
        return err;
    warn_of_stream(reading->assembly.facts, reader->path.data, &stream);
    if (!agent.is_again)
        run_assemble_agent(&reading->assembly, &(struct run_agent){.directory = agent.directory});
    reading->streams++;
    return ERR_OK;
}

/* A stream may claim terabytes that are one hole, and a search for its result line would read them for hours. */
static enum err count_stream(struct reading *reading, int64_t size, struct err_info *error)
{
    int64_t most = reading->reader->max_run_bytes;
    if (size > most - reading->stream_bytes)
        return err_set(error, ERR_PERMANENT, "the run's streams hold more than the %lld MiB of history.max_run_bytes",
                       (long long)(most >> 20));
    reading->stream_bytes += size;
    return ERR_OK;
}

/* A directory without a stream is no agent. */
static enum err read_agent(struct reading *reading, size_t agent, struct err_info *error)
{
    struct history_reader *reader = reading->reader;
    struct stat info;
    int fd = -1;
    enum err err = ERR_NOT_FOUND;
    for (int which = 0; which < HISTORY_STREAM_NAMES && err == ERR_NOT_FOUND; which++)
        err = history_io_open(reader->listing.fd, history_stream_path(reader, agent, which), &fd, &info, error);
    if (err != ERR_OK)
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    history_seal_add(&reader->seal, reader->path.data, &info);
    err = count_stream(reading, (int64_t)info.st_size, error);
    if (err == ERR_OK)
        err = read_stream(reading, agent, fd, (int64_t)info.st_size, error);
    close(fd);
    return err == ERR_OK ? ERR_OK : err_prefix(error, "%s", reader->path.data);
}

static void look_at_error_log(struct history_reader *reader, struct run_signs *signs)
{
    struct stat info;
    if (!reader->listing.has_error_log || fstatat(reader->listing.fd, "error.log", &info, AT_SYMLINK_NOFOLLOW) != 0)
        return;
    history_seal_add(&reader->seal, "error.log", &info);
    signs->error_log_us = (int64_t)info.st_mtim.tv_sec * 1000000 + info.st_mtim.tv_nsec / 1000;
}

static const char *state_name(const struct history_listing *listing)
{
    if (listing->has_state)
        return "adw_state.json";
    return listing->has_summary ? "workflow_summary.json" : NULL;
}

static enum err read_files(struct reading *reading, struct err_info *error)
{
    struct history_reader *reader = reading->reader;
    const char *state = state_name(&reader->listing);
    enum err err = state != NULL ? read_state(reading, state, error) : ERR_OK;
    if (err != ERR_OK)
        return err == ERR_NOT_FOUND ? err_set(error, ERR_RETRY, "%s: it went away", state) : err;
    look_at_error_log(reader, &reading->signs);
    for (size_t i = 0; i < reader->listing.agent_count; i++) {
        err = read_agent(reading, i, error);
        if (err != ERR_OK)
            return err;
    }
    if (state == NULL && reading->streams == 0)
        return err_set(error, ERR_NOT_FOUND, "no state file, no summary and no agent output");
    return ERR_OK;
}

static void end_reading(struct reading *reading, int64_t began_us)
{
    struct history_reader *reader = reading->reader;
    struct run_facts *facts = reading->assembly.facts;
    uint8_t digest[SHA256_BYTES];
    reading->signs.adw_directories = reader->listing.adw_directories;
    run_assemble_end(&reading->assembly, &reading->signs);
    if (reader->listing.links > 0)
        run_facts_warn(facts, "%zu links in its directory: links are not followed", reader->listing.links);
    history_seal_end(&reader->seal, &reader->listing, facts->signature);
    facts->settled = history_seal_is_settled(&reader->seal, began_us);
    digest_add(reading->digest, facts->signature, SHA256_HEX);
    digest_end(reading->digest, digest);
    crypto_hex(digest, sizeof(digest), facts->source_digest);
}

static enum err read_once(struct history_reader *reader, struct history_dir *dir, const char *adw_id,
                          struct run_facts *facts, struct err_info *error)
{
    int64_t began_us = clock_wall_us();
    struct reading reading = {.reader = reader, .signs.error_log_us = RUN_UNKNOWN};
    enum err err = history_listing_open(reader, dir, adw_id, error);
    if (err != ERR_OK)
        return err;
    history_seal_begin(&reader->seal);
    reading.digest = digest_sha256_new();
    run_assemble_begin(&reading.assembly, facts, reader->prices, adw_id);
    err = read_files(&reading, error);
    if (err == ERR_OK)
        end_reading(&reading, began_us);
    else
        err = err_prefix(error, "%s", adw_id);
    digest_drop(reading.digest);
    history_listing_close(&reader->listing);
    return err;
}

enum err history_files_read(struct history_reader *reader, struct history_dir *dir, const char *adw_id,
                            struct run_facts *facts, struct err_info *error)
{
    enum err err = ERR_RETRY;
    for (int tries = 0; tries < READ_TRIES && err == ERR_RETRY; tries++) {
        run_facts_fini(facts);
        err = read_once(reader, dir, adw_id, facts, error);
    }
    return err;
}

static void seal_file(struct history_reader *reader, const char *path)
{
    struct stat info;
    if (fstatat(reader->listing.fd, path, &info, AT_SYMLINK_NOFOLLOW) == 0)
        history_seal_add(&reader->seal, path, &info);
}

static void seal_agent(struct history_reader *reader, size_t agent)
{
    struct stat info;
    for (int which = 0; which < HISTORY_STREAM_NAMES; which++) {
        const char *path = history_stream_path(reader, agent, which);
        if (fstatat(reader->listing.fd, path, &info, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        history_seal_add(&reader->seal, path, &info);
        return;
    }
}

enum err history_files_signature(struct history_reader *reader, struct history_dir *dir, const char *adw_id,
                                 struct history_signature *out, struct err_info *error)
{
    int64_t began_us = clock_wall_us();
    enum err err = history_listing_open(reader, dir, adw_id, error);
    if (err != ERR_OK)
        return err;
    const char *state = state_name(&reader->listing);
    history_seal_begin(&reader->seal);
    if (state != NULL)
        seal_file(reader, state);
    if (reader->listing.has_error_log)
        seal_file(reader, "error.log");
    for (size_t i = 0; i < reader->listing.agent_count; i++)
        seal_agent(reader, i);
    history_seal_end(&reader->seal, &reader->listing, out->text);
    out->settled = history_seal_is_settled(&reader->seal, began_us);
    history_listing_close(&reader->listing);
    return ERR_OK;
}
