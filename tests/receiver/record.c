#include "tests/receiver/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/json.h"
#include "common/base/mem.h"

#define FLUSH_ABOVE (64u * 1024)

struct record {
    int fd;
    struct buf lines;
};

struct record *record_new(const char *file)
{
    int fd = open(file, O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0644);
    if (fd < 0) {
        perror(file);
        return NULL;
    }
    struct record *record = mem_zalloc(sizeof *record);
    record->fd = fd;
    return record;
}

void record_drop(struct record *record)
{
    if (!record)
        return;
    record_flush(record);
    close(record->fd);
    buf_fini(&record->lines);
    free(record);
}

void record_flush(struct record *record)
{
    if (!record)
        return;
    for (size_t at = 0; at < record->lines.len;) {
        ssize_t written = write(record->fd, record->lines.data + at, record->lines.len - at);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0) {
            perror("writing the log");
            break;
        }
        at += (size_t)written;
    }
    buf_reset(&record->lines);
}

static void add_text(struct buf *out, const char *before, const char *text)
{
    buf_add_str(out, before);
    json_add_string(out, text, strlen(text));
}

static void add_number(struct buf *out, const char *before, int64_t number)
{
    buf_add_str(out, before);
    buf_add_int(out, number);
}

static void add_truth(struct buf *out, const char *before, bool truth)
{
    buf_add_str(out, before);
    buf_add_str(out, truth ? "true" : "false");
}

static void add_chunk(struct buf *out, const struct delivery *delivery)
{
    if (delivery->chunk_id[0] == '\0')
        return;
    add_text(out, ",\"chunk\":{\"id\":", delivery->chunk_id);
    add_number(out, ",\"index\":", delivery->index);
    add_number(out, ",\"total\":", delivery->total);
    buf_add_char(out, '}');
}

static void add_delivery(struct buf *out, const struct delivery *delivery)
{
    add_text(out, ",\"app\":", delivery->app_id);
    add_text(out, ",\"repository\":", delivery->repository_id);
    add_text(out, ",\"verb\":", verb_name(delivery->verb));
    add_text(out, ",\"path\":", delivery->path);
    add_text(out, ",\"sha\":", delivery->sha);
    if (delivery->verb == VERB_UPDATE)
        add_text(out, ",\"previous_sha\":", delivery->previous_sha);
    add_text(out, ",\"commit\":", delivery->commit_sha);
    add_chunk(out, delivery);
}

void record_add(struct record *record, const struct record_line *line)
{
    char now[CLOCK_ISO_MAX];
    if (!record)
        return;
    struct buf *out = &record->lines;
    clock_iso8601_ms(clock_wall_us(), now);
    buf_add_str(out, "{\"time\":\"");
    buf_add_str(out, now);
    add_number(out, "\",\"seq\":", line->seq);
    add_delivery(out, line->delivery);
    add_text(out, ",\"key\":", line->key);
    add_truth(out, ",\"signature_ok\":", line->headers == CHECK_GOOD);
    add_truth(out, ",\"order_ok\":", line->in_order);
    add_truth(out, ",\"went_back\":", line->went_back);
    add_number(out, ",\"repeated\":", line->repeated);
    add_number(out, ",\"status\":", line->status);
    add_truth(out, ",\"applied\":", line->applied);
    if (line->why[0])
        add_text(out, ",\"why\":", line->why);
    buf_add_str(out, "}\n");
    if (out->len > FLUSH_ABOVE)
        record_flush(record);
}
