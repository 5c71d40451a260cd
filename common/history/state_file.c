/*
 * Reads adw_state.json and workflow_summary.json by tables of fields over a walk (common/base/json_walk.h). What a
 * field cannot hold is named for the log and counts as absent; only what is no JSON at all refuses the file. Pure.
 * Called by worker/run/history_files.c.
 */
#include "common/history/state_file.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/json_walk.h"
#include "common/base/mem.h"
#include "common/base/money.h"

#define DEPTH_MAX 64
#define PORT_MAX 65535
#define SECONDS_MAX INT64_C(100000000000)
#define TABLE(rows) (rows), sizeof(rows) / sizeof((rows)[0])

static bool read_text(struct json_walk *walk, void *into)
{
    struct json_slice slice = {NULL, 0, false};
    char **text = into;
    if (json_walk_peek(walk) != '"')
        return json_walk_skip_odd(walk);
    if (!json_walk_string(walk, &slice))
        return false;
    if (slice.len > 0)
        *text = json_slice_text(&slice);
    return true;
}

/* A number keeps its digits. */
static bool read_text_or_number(struct json_walk *walk, void *into)
{
    struct json_slice slice;
    if (!json_walk_next_is_number(walk))
        return read_text(walk, into);
    if (!json_walk_number(walk, &slice))
        return false;
    *(char **)into = mem_strndup(slice.bytes, slice.len);
    return true;
}

/* A number, or text that is one. False with no problem in the walk: it is neither, and has been passed over. */
static bool read_decimal(struct json_walk *walk, int scale, int64_t *out)
{
    struct json_slice slice = {NULL, 0, false};
    bool is_text = json_walk_peek(walk) == '"';
    if (is_text || json_walk_next_is_number(walk)) {
        if (!(is_text ? json_walk_string(walk, &slice) : json_walk_number(walk, &slice)))
            return false;
        if (money_parse_decimal(slice.bytes, slice.len, scale, out) && *out >= 0)
            return true;
        json_walk_note_odd(walk);
        return false;
    }
    (void)!json_walk_skip_odd(walk);
    return false;
}

static bool in_range(struct json_walk *walk, int64_t number, int64_t most)
{
    if (number > most)
        json_walk_note_odd(walk);
    return number <= most;
}

static bool read_port(struct json_walk *walk, void *into)
{
    int64_t port = 0;
    if (read_decimal(walk, 0, &port) && in_range(walk, port, PORT_MAX))
        *(int64_t *)into = port;
    return walk->problem == NULL;
}

static bool read_count(struct json_walk *walk, void *into)
{
    int64_t count = 0;
    if (read_decimal(walk, 0, &count) && in_range(walk, count, INT32_MAX))
        *(int64_t *)into = count;
    return walk->problem == NULL;
}

static bool read_seconds(struct json_walk *walk, void *into)
{
    int64_t ms = 0;
    if (read_decimal(walk, 3, &ms) && in_range(walk, ms, SECONDS_MAX * 1000))
        *(int64_t *)into = ms;
    return walk->problem == NULL;
}

static bool read_amount(struct json_walk *walk, void *into)
{
    int64_t nusd = 0;
    if (read_decimal(walk, 9, &nusd) && in_range(walk, nusd, MONEY_MAX_NUSD))
        *(int64_t *)into = nusd;
    return walk->problem == NULL;
}

static bool read_flag(struct json_walk *walk, void *into)
{
    bool value = false;
    char c = json_walk_peek(walk);
    if (c != 't' && c != 'f')
        return json_walk_skip_odd(walk);
    if (!json_walk_bool(walk, &value))
        return false;
    *(enum state_flag *)into = value ? STATE_FLAG_YES : STATE_FLAG_NO;
    return true;
}

/* Two keys may mean the same list: the longer one counts. */
static bool read_list_length(struct json_walk *walk, void *into)
{
    int64_t *longest = into, length = 0;
    if (json_walk_peek(walk) != '[')
        return json_walk_skip_odd(walk);
    if (!json_walk_enter(walk, '['))
        return false;
    for (; json_walk_item(walk); length++)
        if (!json_walk_skip(walk))
            return false;
    if (length > *longest)
        *longest = length;
    return walk->problem == NULL;
}

/* {phase: usd}; one amount that is none makes the sum unknown. */
static bool read_breakdown(struct json_walk *walk, void *into)
{
    struct state_file *state = into;
    struct json_slice phase;
    int64_t sum = 0, steps = 0;
    bool complete = true;
    if (json_walk_peek(walk) != '{')
        return json_walk_skip_odd(walk);
    if (!json_walk_enter(walk, '{'))
        return false;
    for (; json_walk_key(walk, &phase); steps++) {
        int64_t nusd = MONEY_UNKNOWN;
        if (!read_amount(walk, &nusd))
            return false;
        complete = complete && nusd != MONEY_UNKNOWN && money_add(&sum, nusd);
    }
    if (complete && steps > 0) {
        state->breakdown_nusd = sum;
        state->breakdown_steps = steps;
    }
    return walk->problem == NULL;
}

/* An error is a text, or an object with its text in `message` or `error`. */
struct error_entry {
    char *message, *error;
};

static bool read_error(struct json_walk *walk, struct state_file *state)
{
    static const struct json_walk_field fields[] = {
        {"message", read_text, offsetof(struct error_entry, message)},
        {"error", read_text, offsetof(struct error_entry, error)},
    };
    struct error_entry entry = {NULL, NULL};
    bool fine =
        json_walk_peek(walk) == '"' ? read_text(walk, &entry.message) : json_walk_fields(walk, TABLE(fields), &entry);
    if (fine) {
        state->error_count++;
        state->error_types[run_error_of_text(entry.message != NULL ? entry.message : entry.error)]++;
    }
    free(entry.message);
    free(entry.error);
    return fine;
}

static bool read_errors(struct json_walk *walk, void *into)
{
    struct state_file *state = into;
    if (json_walk_peek(walk) != '[')
        return json_walk_skip_odd(walk);
    if (!json_walk_enter(walk, '['))
        return false;
    state->has_error_list = true;
    while (json_walk_item(walk))
        if (!read_error(walk, state))
            return false;
    return walk->problem == NULL;
}

/* Objects such as external_build_results carry a list of their own. */
static bool read_errors_below(struct json_walk *walk, void *into)
{
    static const struct json_walk_field fields[] = {{"errors", read_errors, 0}};
    return json_walk_fields(walk, TABLE(fields), into);
}

#define TEXT(name, which)                                                                                              \
    {                                                                                                                  \
        name, read_text, offsetof(struct state_file, texts) + sizeof(char *) * (which)                                 \
    }
#define TEXT_OR_NUMBER(name, which)                                                                                    \
    {                                                                                                                  \
        name, read_text_or_number, offsetof(struct state_file, texts) + sizeof(char *) * (which)                       \
    }
#define AT(member) offsetof(struct state_file, member)

static const struct json_walk_field fields[] = {
    TEXT("adw_id", STATE_ADW_ID),
    TEXT("id", STATE_ID),
    TEXT("status", STATE_STATUS),
    TEXT("workflow_status", STATE_WORKFLOW_STATUS),
    TEXT_OR_NUMBER("issue_number", STATE_ISSUE_NUMBER),
    TEXT("nl_input", STATE_NL_INPUT),
    TEXT("prompt", STATE_PROMPT),
    TEXT("github_url", STATE_GITHUB_URL),
    TEXT("issue_state", STATE_ISSUE_STATE),
    TEXT("gh_issue_state", STATE_GH_ISSUE_STATE),
    TEXT("workflow_template", STATE_WORKFLOW_TEMPLATE),
    TEXT("workflow", STATE_WORKFLOW),
    TEXT("model_used", STATE_MODEL_USED),
    TEXT("model", STATE_MODEL),
    TEXT("model_set", STATE_MODEL_SET),
    TEXT_OR_NUMBER("start_time", STATE_START_TIME),
    TEXT_OR_NUMBER("created_at", STATE_CREATED_AT),
    TEXT_OR_NUMBER("started_at", STATE_STARTED_AT),
    TEXT_OR_NUMBER("end_time", STATE_END_TIME),
    TEXT("current_phase", STATE_CURRENT_PHASE),
    TEXT("current_stage", STATE_CURRENT_STAGE),
    TEXT("branch_name", STATE_BRANCH_NAME),
    TEXT("plan_file", STATE_PLAN_FILE),
    TEXT("issue_class", STATE_ISSUE_CLASS),
    TEXT("worktree_path", STATE_WORKTREE_PATH),
    TEXT("error_message", STATE_ERROR_MESSAGE),
    TEXT("pr_state", STATE_PR_STATE),
    TEXT("ci_status", STATE_CI_STATUS),
    {"backend_port", read_port, AT(backend_port)},
    {"frontend_port", read_port, AT(frontend_port)},
    {"duration_seconds", read_seconds, AT(duration_ms)},
    {"estimated_cost_total", read_amount, AT(estimated_cost_nusd)},
    {"estimated_cost_breakdown", read_breakdown, 0},
    {"completed_phases", read_list_length, AT(phases_done)},
    {"completed_stages", read_list_length, AT(phases_done)},
    {"retry_count", read_count, AT(retry_count)},
    {"overall_success", read_flag, AT(overall_success)},
    {"pr_merged", read_flag, AT(pull_request_merged)},
    {"ci_passed", read_flag, AT(ci_passed)},
    {"errors", read_errors, 0},
    {"external_build_results", read_errors_below, 0},
    {"external_test_results", read_errors_below, 0},
    {"external_lint_results", read_errors_below, 0},
};

void state_file_init(struct state_file *state)
{
    *state = (struct state_file){
        .backend_port = STATE_FILE_UNKNOWN,
        .frontend_port = STATE_FILE_UNKNOWN,
        .duration_ms = STATE_FILE_UNKNOWN,
        .estimated_cost_nusd = MONEY_UNKNOWN,
        .breakdown_nusd = MONEY_UNKNOWN,
        .phases_done = STATE_FILE_UNKNOWN,
        .retry_count = STATE_FILE_UNKNOWN,
    };
}

void state_file_fini(struct state_file *state)
{
    for (int i = 0; i < STATE_TEXTS; i++)
        free(state->texts[i]);
    state_file_init(state);
}

enum err state_file_read(const char *bytes, size_t len, struct state_file *out, struct err_info *error)
{
    struct json_walk walk;
    if (len > STATE_FILE_MAX_BYTES)
        return err_set(error, ERR_USAGE, "%zu bytes are too many: at most %zu are read", len, STATE_FILE_MAX_BYTES);
    if (len >= 2 && (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0))
        return err_set(error, ERR_USAGE, "it is UTF-16: save it as UTF-8");
    json_walk_init(&walk, bytes, len, DEPTH_MAX);
    json_walk_be_lenient(&walk);
    if (json_walk_peek(&walk) != '{')
        json_walk_refuse(&walk, "expected an object");
    if (walk.problem != NULL || !json_walk_fields(&walk, fields, sizeof(fields) / sizeof(fields[0]), out) ||
        !json_walk_end(&walk))
        return json_walk_fail(&walk, error);
    out->mended = walk.mended;
    json_walk_odd_names(&walk, out->odd, sizeof(out->odd));
    return ERR_OK;
}
