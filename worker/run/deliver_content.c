#include "worker/run/deliver_content.h"

#include <unistd.h>

#define TICK_BYTES INT64_C(1048576) /* of a stream: how often what is in flight gets its turn */

static void look_at(const struct buf *bytes, struct content_facts *facts)
{
    struct content content;
    content_init(&content);
    if (bytes->len > 0)
        content_add(&content, bytes->data, bytes->len);
    content_end(&content, facts);
    content_fini(&content);
}

static enum err read_whole(struct deliver *deliver, const char *blob, struct deliver_content *content,
                           struct err_info *error)
{
    enum err err = git_blob_read(deliver->clone, blob, &content->kept, error);
    if (err != ERR_OK)
        return err;
    look_at(&content->kept, &content->facts);
    if (content->facts.size > DELIVER_KEPT_MAX)
        buf_fini(&content->kept);
    return ERR_OK;
}

struct spooling {
    struct deliver *deliver;
    int spool;
    struct content content;
    int64_t since_tick;
};

static enum err spool_piece(void *context, const void *bytes, size_t len, struct err_info *error)
{
    struct spooling *spooling = context;
    content_add(&spooling->content, bytes, len);
    enum err err = deliver_spool_write(spooling->spool, bytes, len, error);
    spooling->since_tick += (int64_t)len;
    if (err != ERR_OK || spooling->since_tick < TICK_BYTES)
        return err;
    spooling->since_tick = 0;
    return deliver_tick(spooling->deliver, error);
}

static enum err read_through_spool(struct deliver *deliver, const char *blob, struct deliver_content *content,
                                   struct err_info *error)
{
    enum err err = deliver_spool_open(deliver, &content->spool, error);
    if (err != ERR_OK)
        return err;
    struct spooling spooling = {.deliver = deliver, .spool = content->spool};
    content_init(&spooling.content);
    err = git_blob_stream(deliver->clone, blob, spool_piece, &spooling, error);
    if (err == ERR_OK)
        content_end(&spooling.content, &content->facts);
    content_fini(&spooling.content);
    return err;
}

enum err deliver_content_read(struct deliver *deliver, const char *blob, int64_t size, struct deliver_content *content,
                              struct err_info *error)
{
    *content = DELIVER_CONTENT_NONE;
    return size > DELIVER_REREAD_MAX ? read_through_spool(deliver, blob, content, error)
                                     : read_whole(deliver, blob, content, error);
}

void deliver_content_fini(struct deliver_content *content)
{
    buf_fini(&content->kept);
    if (content->spool >= 0)
        close(content->spool);
    *content = DELIVER_CONTENT_NONE;
}

enum err deliver_content_part(struct deliver *deliver, const char *blob, const struct deliver_content *content,
                              struct body_range range, struct buf *out, struct err_info *error)
{
    if (content->spool >= 0)
        return deliver_spool_read(content->spool, range.offset, (size_t)range.len, out, error);
    if (content->facts.size > DELIVER_KEPT_MAX)
        return git_blob_read(deliver->clone, blob, out, error);
    buf_add(out, content->kept.data, content->kept.len);
    return ERR_OK;
}
