#include "common/deliveries/verb.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/utf8.h"

static const char *const names[VERB_COUNT] = {"nothing", "delete", "create", "update", "sync_failed"};

const char *verb_name(enum verb verb)
{
    assert(verb >= 0 && verb < VERB_COUNT);
    return names[verb];
}

/* ---- what a path needs ------------------------------------------------------------------------------------------- */

enum place { PLACE_NOWHERE, PLACE_ONLY_TREE, PLACE_ONLY_RECORD, PLACE_BOTH_EQUAL, PLACE_BOTH_DIFFER, PLACES };

/* By the place, and by whether the path is unconfirmed. An unconfirmed path is sent whatever its sha: the app may hold
 * what an attempt that was cut off sent, or what was recorded, and recording what the app now answers is what makes
 * record and app equal again. Without that a branch that goes back after a crash would leave the app different. */
static const enum verb decisions[PLACES][2] = {
    [PLACE_NOWHERE] = {VERB_NOTHING, VERB_DELETE},    [PLACE_ONLY_TREE] = {VERB_CREATE, VERB_CREATE},
    [PLACE_ONLY_RECORD] = {VERB_DELETE, VERB_DELETE}, [PLACE_BOTH_EQUAL] = {VERB_NOTHING, VERB_UPDATE},
    [PLACE_BOTH_DIFFER] = {VERB_UPDATE, VERB_UPDATE},
};

static bool text_equals(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static enum place path_place(const struct verb_path *path)
{
    bool in_tree = path->tree_blob != NULL, is_recorded = path->recorded_sha != NULL;
    if (!in_tree || !is_recorded)
        return in_tree ? PLACE_ONLY_TREE : is_recorded ? PLACE_ONLY_RECORD : PLACE_NOWHERE;
    return text_equals(path->tree_blob, path->recorded_blob) ? PLACE_BOTH_EQUAL : PLACE_BOTH_DIFFER;
}

enum verb verb_decide(const struct verb_path *path)
{
    return decisions[path_place(path)][path->is_unconfirmed];
}

bool verb_is_needless(const struct verb_path *path)
{
    return !path->is_unconfirmed && text_equals(path->tree_sha, path->recorded_sha);
}

/* ---- a request that failed, for people --------------------------------------------------------------------------- */

#define PATH_SHOWN 200

/* At most `max` bytes, control characters escaped. */
static void line_add_shown(struct buf *line, const char *text, size_t len, size_t max)
{
    char *at = buf_reserve(line, max);
    line->len += printable_copy(at, max + 1, text, len);
}

void failure_text(const struct failure *failure, char out[ERR_TEXT_MAX])
{
    struct buf line = BUF_INIT;
    buf_add_str(&line, verb_name(failure->verb));
    if (failure->path[0] != '\0') {
        buf_add_char(&line, ' ');
        line_add_shown(&line, failure->path, strlen(failure->path), PATH_SHOWN);
    }
    if (failure->pieces > 1)
        buf_addf(&line, " (piece %" PRId64 " of %" PRId64 ")", failure->piece + 1, failure->pieces);
    buf_add_str(&line, ": ");
    line_add_shown(&line, failure->error, strlen(failure->error), FAILURE_ERROR_MAX);
    assert(line.len < ERR_TEXT_MAX);
    memcpy(out, line.data, line.len + 1);
    buf_fini(&line);
}
