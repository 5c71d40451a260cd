#include "tests/receiver/behave.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/mem.h"

struct rule {
    struct behave_answer answer;
    int64_t every; /* 1 = all that fit */
    int64_t times; /* still to be used; -1 = forever */
    int64_t fitted;
    enum verb verb;      /* VERB_NOTHING = any */
    char *path_contains; /* NULL = any, like the app */
    char *app;
};

struct behave {
    struct rule *rules;
    size_t count;
};

static const struct {
    const char *name;
    struct behave_answer answer;
} modes[] = {
    {"ok", {BEHAVE_OK, 200, -1, true}},     {"fail", {BEHAVE_FAIL, 503, -1, false}},
    {"429", {BEHAVE_FAIL, 429, 1, false}},  {"hang", {BEHAVE_HANG, 0, -1, false}},
    {"drip", {BEHAVE_DRIP, 200, -1, true}}, {"close", {BEHAVE_CLOSE, 0, -1, false}},
};

struct behave *behave_new(void)
{
    return mem_zalloc(sizeof(struct behave));
}

static void drop_rules(struct rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(rules[i].path_contains);
        free(rules[i].app);
    }
    free(rules);
}

void behave_reset(struct behave *behave)
{
    drop_rules(behave->rules, behave->count);
    *behave = (struct behave){NULL, 0};
}

void behave_drop(struct behave *behave)
{
    if (!behave)
        return;
    behave_reset(behave);
    free(behave);
}

static char *text_of(struct json_object *object, const char *key)
{
    const char *text = json_get_string(object, key);
    return text ? mem_strdup(text) : NULL;
}

static enum err read_mode(struct json_object *object, struct behave_answer *answer, struct err_info *error)
{
    const char *mode = json_get_string(object, "mode");
    for (size_t i = 0; mode && i < sizeof modes / sizeof modes[0]; i++)
        if (strcmp(modes[i].name, mode) == 0) {
            *answer = modes[i].answer;
            return ERR_OK;
        }
    return err_set(error, ERR_USAGE, "mode is one of ok, fail, 429, hang, drip, close");
}

static enum err read_rule(struct json_object *object, struct rule *rule, struct err_info *error)
{
    static const char *const keys[] = {"mode",          "status", "retry_after", "every", "times",
                                       "path_contains", "app",    "verb",        "apply", NULL};
    enum err result = json_only_keys(object, keys, error);
    if (result == ERR_OK)
        result = read_mode(object, &rule->answer, error);
    if (result != ERR_OK)
        return result;
    const char *verb = json_get_string(object, "verb");
    rule->verb = verb ? delivery_verb(verb) : VERB_NOTHING;
    rule->answer.status = (int)json_get_int(object, "status", rule->answer.status);
    rule->answer.retry_after_s = (int)json_get_int(object, "retry_after", rule->answer.retry_after_s);
    rule->answer.applies = json_get_bool(object, "apply", rule->answer.applies);
    rule->every = json_get_int(object, "every", 1);
    rule->times = json_get_int(object, "times", -1);
    if (rule->every < 1 || rule->times < -1 || (verb && rule->verb == VERB_NOTHING))
        return err_set(error, ERR_USAGE, "every is 1 or more, times 0 or more, verb one that there is");
    if (rule->answer.mode == BEHAVE_FAIL && (rule->answer.status < 200 || rule->answer.status > 599))
        return err_set(error, ERR_USAGE, "status is between 200 and 599");
    rule->path_contains = text_of(object, "path_contains");
    rule->app = text_of(object, "app");
    return ERR_OK;
}

static enum err read_rules(struct json_object *root, struct behave *fresh, struct err_info *error)
{
    bool many = json_object_is_type(root, json_type_array);
    fresh->count = many ? json_object_array_length(root) : 1;
    fresh->rules = mem_array(fresh->count + 1, sizeof *fresh->rules);
    for (size_t i = 0; i < fresh->count; i++) {
        enum err result = read_rule(many ? json_object_array_get_idx(root, i) : root, &fresh->rules[i], error);
        if (result != ERR_OK)
            return result;
    }
    return ERR_OK;
}

enum err behave_set(struct behave *behave, const char *json, size_t len, struct err_info *error)
{
    struct json_object *root = NULL;
    struct behave fresh = {NULL, 0};
    enum err result = json_parse(json, len, JSON_LIMITS_REQUEST, &root, error);
    if (result == ERR_OK)
        result = read_rules(root, &fresh, error);
    json_object_put(root);
    if (result != ERR_OK) {
        behave_reset(&fresh);
        return result;
    }
    behave_reset(behave);
    *behave = fresh;
    return ERR_OK;
}

static bool fits(const struct rule *rule, const struct delivery *delivery)
{
    return rule->times != 0 && (rule->verb == VERB_NOTHING || rule->verb == delivery->verb) &&
           (!rule->app || strcmp(rule->app, delivery->app_id) == 0) &&
           (!rule->path_contains || strstr(delivery->path, rule->path_contains));
}

struct behave_answer behave_decide(struct behave *behave, const struct delivery *delivery)
{
    for (size_t i = 0; i < behave->count; i++) {
        struct rule *rule = &behave->rules[i];
        if (!fits(rule, delivery) || ++rule->fitted % rule->every != 0)
            continue;
        if (rule->times > 0)
            rule->times--;
        return rule->answer;
    }
    return modes[0].answer;
}
