/*
 * What is settled about a request before the transaction that accepts it: its queue and chunk, the canonical form of
 * its arguments, and the key by which a repetition is recognised. Pure.
 */
#include "common/definitions/request.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/mem.h"

const char *draft_handle(const struct request *request)
{
    return request->handle == NULL ? request->definition->id : request->handle;
}

void draft_fini(struct draft *draft)
{
    buf_fini(&draft->body);
    buf_fini(&draft->phases);
    buf_fini(&draft->args);
}

static void add_member(struct buf *buf, const char *name, const char *value, const char *before)
{
    buf_add_str(buf, before);
    json_add_string(buf, name, strlen(name));
    buf_add_char(buf, ':');
    json_add_string(buf, value, strlen(value));
}

static void write_phases(const struct definition *definition, struct buf *out)
{
    buf_add_char(out, '[');
    for (size_t i = 0; i < definition->phase_count; i++) {
        const struct definition_phase *phase = &definition->phases[i];
        add_member(out, "id", phase->id, i == 0 ? "{" : ",{");
        add_member(out, "label", phase->label, ",");
        add_member(out, "job", phase->job, ",");
        add_member(out, "over", phase->over, ",");
        buf_add_char(out, '}');
    }
    buf_add_char(out, ']');
}

/* Who asks knows best, then the definition, then the kind. */
static int choose_chunk(const struct kind *kind, const struct request *request)
{
    int64_t asked = kind->chunk_arg == NULL ? 0 : json_get_int(request->args, kind->chunk_arg, 0);
    int64_t chunk = asked > 0 ? asked : request->definition->chunk;
    return chunk > 0 && !kind->exclusive ? (int)chunk : kind->chunk;
}

/* All phases of a definition go through one queue: the hash of an operation has one dispatch cursor. */
static enum err choose_queue(const struct kind_table *kinds, const struct request *request, struct draft *draft,
                             struct err_info *error)
{
    const struct definition *definition = request->definition;
    for (size_t i = 0; i < definition->phase_count; i++) {
        const struct kind *kind = kind_find(kinds, definition->phases[i].job);
        if (kind == NULL)
            return err_set(error, ERR_PERMANENT, "definition %s names the job %s, which this program does not know",
                           definition->id, definition->phases[i].job);
        if (draft->queue != NULL && strcmp(draft->queue, kind->queue) != 0)
            return err_set(error, ERR_PERMANENT, "definition %s mixes jobs of the queues %s and %s; make two of it",
                           definition->id, draft->queue, kind->queue);
        int chunk = choose_chunk(kind, request);
        draft->queue = kind->queue;
        draft->chunk = draft->chunk == 0 || chunk < draft->chunk ? chunk : draft->chunk;
    }
    return ERR_OK;
}

enum err draft_make(const struct kind_table *kinds, const struct request *request, struct draft *draft,
                    struct err_info *error)
{
    enum err err = choose_queue(kinds, request, draft, error);
    if (err != ERR_OK)
        return err;
    if (request->catalog_id == 0)
        definition_canonical(request->definition, &draft->body);
    definition_digest(request->definition, draft->digest);
    write_phases(request->definition, &draft->phases);
    json_add_canonical(&draft->args, request->args);
    struct buf key = BUF_INIT;
    buf_addf(&key, "%s\n%s\n%d", draft_handle(request), draft->args.data, request->dry_run);
    crypto_sha256(key.data, key.len, draft->key);
    buf_fini(&key);
    return ERR_OK;
}
