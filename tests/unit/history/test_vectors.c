/* The shared vectors: what the program whose history this takes over computed, to 1e-9. */
#include "tests/testing/testing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/json.h"
#include "common/history/lower.h"
#include "common/history/patterns.h"
#include "common/history/scores.h"
#include "tests/unit/history/ratio_of.h"

#define NEAR 1e-9
#define TYPES_MAX 8

static struct json_object *item(struct json_object *array, size_t n)
{
    return json_object_array_get_idx(array, n);
}

static double clarity(struct json_object *in)
{
    const char *text = json_get_string(in, "nl_input");
    return scores_clarity(text, strlen(text));
}

static int64_t nusd(struct json_object *in, const char *key)
{
    return (int64_t)llround(json_get_double(in, key, 0) * 1e9);
}

static double cost_efficiency(struct json_object *in)
{
    const char *text = json_get_string(in, "nl_input");
    struct scores_cost cost = {
        .actual_nusd = nusd(in, "actual_cost_total"),
        .estimated_nusd = nusd(in, "estimated_cost_total"),
        .cache_read_tokens = json_get_int(in, "cache_read_tokens", SCORES_UNKNOWN),
        .input_tokens = json_get_int(in, "total_input_tokens", SCORES_UNKNOWN),
        .retries = json_get_int(in, "retry_count", SCORES_UNKNOWN),
        .complexity = scores_complexity((int64_t)words_count(text, strlen(text)),
                                        json_get_double(in, "duration_seconds", SCORES_UNKNOWN), 0),
        .model = scores_model(json_get_string(in, "model_used")),
    };
    return scores_cost_efficiency(&cost);
}

static double performance(struct json_object *in)
{
    double duration_s = json_get_double(in, "duration_seconds", 0);
    assert_int_equal(json_object_object_length(json_get(in, "phase_durations")), 0);
    struct scores_time time = {
        .duration_s = duration_s,
        .baseline_s = json_get_double(in, "similar_avg_duration", SCORES_BASELINE_S),
        .idle_share = duration_s > 0 ? json_get_double(in, "idle_time_seconds", 0) / duration_s : 0,
    };
    return scores_performance(&time);
}

static double quality(struct json_object *in)
{
    const char *types[TYPES_MAX];
    struct json_object *list = json_get(in, "error_types");
    size_t count = json_object_array_length(list);
    assert_true(count <= TYPES_MAX);
    for (size_t i = 0; i < count; i++)
        types[i] = json_object_get_string(item(list, i));
    struct scores_errors errors = {
        .errors = json_get_int(in, "error_count", SCORES_UNKNOWN),
        .retries = json_get_int(in, "retry_count", SCORES_UNKNOWN),
        .types = types,
        .type_count = count,
        .pr_merged = json_get_bool(in, "pr_merged", false),
        .ci_passed = json_get_bool(in, "ci_passed", false),
    };
    return scores_quality(&errors);
}

static double text_ratio(struct json_object *in)
{
    const char *a = json_object_get_string(item(in, 0)), *b = json_object_get_string(item(in, 1));
    return ratio_of(a, b);
}

static const struct {
    const char *name;
    double (*score)(struct json_object *in);
} functions[] = {
    {"clarity", clarity}, {"cost_efficiency", cost_efficiency}, {"performance", performance},
    {"quality", quality}, {"text_ratio", text_ratio},
};

static void check_score(const char *name, struct json_object *vector)
{
    size_t n = 0;
    while (strcmp(functions[n].name, name) != 0)
        assert_true(++n < sizeof(functions) / sizeof(functions[0]));
    double found = functions[n].score(json_get(vector, "in"));
    double expected = json_get_double(vector, "out", NAN);
    if (!(fabs(found - expected) <= NEAR))
        fail_msg("%s: %.17g instead of %.17g for %s", name, found, expected, json_object_to_json_string(vector));
}

/* A substring ("latest") made a test of this one in the original; whole words do not. */
static const char *const no_whole_word = "Fix latest bug";

static void check_signature(struct json_object *vector)
{
    const char *text = json_get_string(vector, "in"), *expected = json_get_string(vector, "out");
    char signature[PATTERNS_SIGNATURE_MAX];
    if (expected == NULL || strcmp(text, no_whole_word) == 0) {
        assert_false(patterns_signature(text, strlen(text), signature));
        return;
    }
    assert_true(patterns_signature(text, strlen(text), signature));
    assert_string_equal(signature, expected);
}

static void check_hour(struct json_object *vector)
{
    const char *text = json_get_string(vector, "in");
    struct json_object *expected = json_get(vector, "out");
    struct written_time found;
    if (!written_time_parse(text, &found))
        found.hour = found.weekday = -1; /* as a run's facts have it */
    assert_int_equal(found.hour, json_object_get_int(item(expected, 0)));
    assert_int_equal(found.weekday, json_object_get_int(item(expected, 1)));
}

static void check(struct json_object *vector)
{
    const char *name = json_get_string(vector, "fn");
    if (strcmp(name, "pattern_signature") == 0)
        check_signature(vector);
    else if (strcmp(name, "hour_dow") == 0)
        check_hour(vector);
    else
        check_score(name, vector);
}

static void all_vectors_match(void **state)
{
    (void)state;
    char *path = testing_join(testing_shared_data(), "score-vectors.json");
    struct buf bytes = BUF_INIT;
    struct json_object *vectors;
    struct err_info error;
    testing_read_file(path, &bytes);
    assert_int_equal(json_parse(bytes.data, bytes.len, JSON_LIMITS_REQUEST, &vectors, &error), ERR_OK);
    size_t count = json_object_array_length(vectors);
    assert_true(count >= 66);
    for (size_t i = 0; i < count; i++)
        check(item(vectors, i));
    print_message("%zu vectors\n", count);
    json_object_put(vectors);
    buf_fini(&bytes);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_vectors_match)};
    return testing_run_with_shared_data(tests);
}
