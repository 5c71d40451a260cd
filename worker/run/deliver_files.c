#include "worker/run/deliver_send.h"

#include <stdio.h>

#include "worker/run/deliver_changes.h"
#include "worker/run/deliver_outbox.h"
#include "worker/run/deliver_withhold.h"

/* ---- sending ------------------------------------------------------------------------------------------------- */

/* Of what was read. False: it is not to be sent after all. */
static bool is_wanted(struct deliver *deliver, const struct deliver_change *change, const struct parcel *parcel,
                      bool *is_too_large)
{
    const struct content_facts *facts = &parcel->content.facts;
    if (facts->kind == CONTENT_TEXT && facts->size > deliver->run->config->deliver_max_text_bytes) {
        deliver->skipped.large_texts++;
        deliver_withhold(deliver, change->path, facts->size, "deliver.max_text_bytes");
        *is_too_large = true;
        return false;
    }
    /* Two blobs may hold the same bytes. */
    const struct verb_path path = {
        .tree_sha = facts->sha, .recorded_sha = change->held_sha, .is_unconfirmed = change->doubt != NULL};
    return !verb_is_needless(&path);
}

/* What a blob is said to be is looked at before anything of it is read: a few kilobytes may be gigabytes. */
static enum err read_if_it_fits(struct deliver *deliver, const struct deliver_change *change, struct parcel *parcel,
                                bool *is_too_large, struct err_info *error)
{
    int64_t size = 0;
    enum err err = git_blob_size(deliver->clone, change->blob, &size, error);
    *is_too_large = err == ERR_OK && size > deliver->run->config->deliver_max_file_bytes;
    if (*is_too_large) {
        deliver->skipped.large_files++;
        deliver_withhold(deliver, change->path, size, "deliver.max_file_bytes");
        return ERR_OK;
    }
    if (err == ERR_OK)
        err = deliver_content_read(deliver, change->blob, size, &parcel->content, error);
    if (err == ERR_OK)
        return ERR_OK;
    deliver->is_final |= err == ERR_PERMANENT && deliver->stop == ERR_OK;
    return err_prefix(error, "%s", change->path);
}

static void describe(const struct deliver_change *change, struct parcel *parcel)
{
    snprintf(parcel->blob, sizeof parcel->blob, "%s", change->blob);
    parcel->size = parcel->content.facts.size;
    parcel->pieces = body_pieces(parcel->content.facts.kind, parcel->size);
    snprintf(parcel->sha, sizeof parcel->sha, "%s", parcel->content.facts.sha);
    if (change->held_sha != NULL)
        snprintf(parcel->previous, sizeof parcel->previous, "%s", change->held_sha);
}

/* A delete carries the sha that the app holds, as far as that is known. */
static void load_delete(const struct deliver_change *change, struct parcel *parcel)
{
    const char *doubtful = change->doubt != NULL ? change->doubt->sha : NULL;
    const char *sha = change->held_sha != NULL ? change->held_sha : doubtful;
    if (sha != NULL)
        snprintf(parcel->sha, sizeof parcel->sha, "%s", sha);
}

static enum err load(struct deliver *deliver, const struct deliver_change *change, struct parcel *parcel, bool *wanted,
                     struct err_info *error)
{
    bool is_too_large = false;
    if (change->verb == VERB_DELETE) {
        load_delete(change, parcel);
        return ERR_OK;
    }
    enum err err = read_if_it_fits(deliver, change, parcel, &is_too_large, error);
    if (err != ERR_OK)
        return err;
    *wanted = !is_too_large && is_wanted(deliver, change, parcel, &is_too_large);
    describe(change, parcel);
    if (is_too_large && deliver_takes_back(deliver, change)) {
        parcel_turn_to_delete(parcel);
        load_delete(change, parcel);
        *wanted = true;
    }
    return ERR_OK;
}

static enum err send_change(void *context, const struct deliver_change *change, struct err_info *error)
{
    struct deliver *deliver = context;
    struct parcel *parcel = parcel_new(change->verb, change->path, change->digest);
    bool wanted = true;
    enum err err = load(deliver, change, parcel, &wanted, error);
    if (err != ERR_OK || !wanted) {
        deliver->remember.done += err == ERR_OK;
        parcel_drop(parcel);
        return err;
    }
    if (change->doubt != NULL)
        change->doubt->sent = true;
    if (deliver->outbox == NULL)
        deliver->outbox = outbox_new(deliver);
    return outbox_put(deliver->outbox, parcel, error);
}

static enum err end_group(void *context, struct err_info *error)
{
    struct deliver *deliver = context;
    return deliver->outbox == NULL ? ERR_OK : outbox_flush(deliver->outbox, error);
}

enum err deliver_send(struct deliver *deliver, struct err_info *error)
{
    const struct deliver_sink sink = {send_change, end_group, deliver};
    enum err err = deliver_changes(deliver, &sink, error);
    if (err == ERR_OK && deliver->outbox != NULL)
        err = outbox_finish(deliver->outbox, error);
    if (err != ERR_OK && deliver->outbox != NULL)
        outbox_give_up(deliver->outbox, error);
    return err;
}

/* ---- counting ------------------------------------------------------------------------------------------------ */

static enum err count_change(void *context, const struct deliver_change *change, struct err_info *error)
{
    struct deliver *deliver = context;
    int64_t size = 0;
    deliver->remember.deleted += change->verb == VERB_DELETE;
    deliver->remember.created += change->verb == VERB_CREATE;
    deliver->remember.updated += change->verb == VERB_UPDATE;
    if (change->doubt != NULL)
        change->doubt->sent = true;
    enum err err = change->blob == NULL ? ERR_OK : git_blob_size(deliver->clone, change->blob, &size, error);
    deliver->remember.bytes += size;
    return err;
}

static enum err end_of_counting(void *context, struct err_info *error)
{
    return deliver_tick(context, error);
}

enum err deliver_count(struct deliver *deliver, struct err_info *error)
{
    const struct deliver_sink sink = {count_change, end_of_counting, deliver};
    return deliver_changes(deliver, &sink, error);
}
