/* A definition's file, its digest, and what is stored of it. */
#include "tests/unit/definitions/definition_test.h"

static void assert_refused(const char *text, int line, int column, const char *part)
{
    struct err_info error = {.code = ERR_OK};
    struct definition *definition = (struct definition *)&error;

    assert_int_equal(definition_parse(text, strlen(text), &names, &definition, &error), ERR_USAGE);
    assert_null(definition);
    if (error.line != line || error.column != column || !strstr(error.text, part))
        fail_msg("%s: expected \"%s\" at %d:%d, got: %s", text, part, line, column, error.text);
}

/* One further line below SMALL, so an error on it is on line 4. */
static void assert_line_refused(const char *extra, int column, const char *part)
{
    struct buf text = BUF_INIT;

    buf_addf(&text, SMALL "%s\n", extra);
    assert_refused(text.data, 4, column, part);
    buf_fini(&text);
}

static void a_whole_file_becomes_a_struct(void **state)
{
    (void)state;
    struct definition *d = parse("id: resync-app\n"
                                 "name: Re-sync an app\n"
                                 "description: |\n"
                                 "  Two\n"
                                 "  lines\n"
                                 "args:\n"
                                 "  note: {type: string, pattern: '^[a-z]*$', default: x, description: Why}\n"
                                 "  app_id: {type: string, required: true}\n"
                                 "confirm: Really?\n"
                                 "phases:\n"
                                 "  - {id: one, label: First, job: resync, over: links-of-app}\n"
                                 "  - {id: two, job: noop, over: numbers}\n"
                                 "retry: {attempts: 3, backoff: fixed, base: 2s, max: 2s, jitter: 0}\n"
                                 "timeout: 5m\n"
                                 "window: 4\n"
                                 "chunk: 100\n");

    assert_string_equal(d->id, "resync-app");
    assert_string_equal(d->description, "Two\nlines\n");
    assert_string_equal(d->confirm, "Really?");
    assert_int_equal(d->arg_count, 2);
    assert_string_equal(d->args[0].name, "app_id"); /* sorted */
    assert_true(d->args[0].required);
    assert_string_equal(definition_arg(d, "note")->pattern, "^[a-z]*$");
    assert_string_equal(definition_arg(d, "note")->description, "Why");
    assert_int_equal(d->phase_count, 2);
    assert_string_equal(d->phases[0].label, "First");
    assert_string_equal(d->phases[1].label, "two");
    assert_string_equal(d->phases[0].over, "links-of-app");
    assert_int_equal(d->retry.attempts, 3);
    assert_int_equal(d->retry.backoff, DEFINITION_FIXED);
    assert_int_equal(d->retry.base_ms, 2000);
    assert_int_equal(d->timeout_ms, 300000);
    assert_int_equal(d->window, 4);
    assert_int_equal(d->chunk, 100);
    assert_int_equal(d->every_ms, 0);
    assert_null(d->cron);
    definition_drop(d);
}

static void what_is_left_out_has_a_default(void **state)
{
    (void)state;
    struct definition *d = parse(SMALL);

    assert_int_equal(d->retry.attempts, 5);
    assert_int_equal(d->retry.backoff, DEFINITION_EXPONENTIAL);
    assert_int_equal(d->retry.base_ms, 1000);
    assert_int_equal(d->retry.max_ms, 60000);
    assert_int_equal(d->timeout_ms, 900000);
    assert_int_equal(d->window, 16);
    assert_int_equal(d->chunk, 0);
    assert_null(d->description);
    assert_int_equal(d->arg_count, 0);
    definition_drop(d);
}

static void mistakes_are_named_with_their_place(void **state)
{
    (void)state;
    assert_refused("", 1, 1, "must be a mapping");
    assert_refused("name: A\nphases: []\n", 2, 9, "list of 1 to 32 phases");
    assert_refused("id: a\nname: A\n", 1, 1, "lacks the key \"phases\"");
    assert_refused("id: a\nname: A\nphases: [{id: p, job: noop}]\n", 3, 10, "a phase lacks the key \"over\"");
    assert_refused("id: A b\n", 1, 5, "lower-case");
    assert_refused("id: -a\n", 1, 5, "lower-case");
    assert_refused("id: 5\n", 1, 5, "put 5 in quotes");
    assert_refused("id:\n", 1, 4, "no value");
    assert_refused("id: [a]\n", 1, 5, "must be text");
    assert_refused("id: a\nname: \"x\\ty\"\n", 2, 7, "control characters");
    assert_refused("id: a\nname: \"\"\n", 2, 7, "1 to 200 bytes");
    assert_line_refused("queue: delivery", 1, "no key \"queue\"");
    assert_line_refused("timeout: 15", 10, "15");
    assert_line_refused("timeout: 1ms", 10, "from 1000 ms");
    assert_line_refused("window: 0", 9, "whole number from 1 to 1000");
    assert_line_refused("window: '5'", 9, "whole number");
    assert_line_refused("retry: {attempts: 0}", 19, "from 1 to 100");
    assert_line_refused("retry: {backoff: linear}", 18, "exponential or fixed");
    assert_line_refused("retry: {jitter: 1.5}", 17, "from 0 to 1");
    assert_line_refused("retry: {base: 2m}", 8, "longer than max");
}

static void phases_are_checked_against_the_registered_names(void **state)
{
    (void)state;
    assert_refused("id: a\nname: A\nphases: [{id: p, job: rm, over: numbers}]\n", 3, 23,
                   "there is no job \"rm\"; the jobs are noop, resync");
    assert_refused("id: a\nname: A\nphases: [{id: p, job: resync, over: numbers}]\n", 3, 37,
                   "no selection \"numbers\"; its selections are link, links-of-app");
    assert_refused("id: a\nname: A\nphases:\n"
                   "  - {id: p, job: noop, over: numbers}\n  - {id: p, job: noop, over: numbers}\n",
                   5, 10, "a phase \"p\" already");
    struct definition *d;
    struct err_info error;
    const char *text = "id: a\nname: A\nphases: [{id: p, job: rm, over: x}]\n";
    assert_int_equal(definition_parse(text, strlen(text), NULL, &d, &error), ERR_OK);
    definition_drop(d);
}

static void a_schedule_is_an_interval_or_five_fields(void **state)
{
    (void)state;
    struct definition *d = parse(SMALL "schedule: {every: 60s}\n");
    assert_int_equal(d->every_ms, 60000);
    definition_drop(d);
    d = parse(SMALL "schedule: {cron: \"*/5 0-6 * jan,feb MON\"}\n");
    assert_string_equal(d->cron, "*/5 0-6 * jan,feb MON");
    definition_drop(d);
    assert_line_refused("schedule: {every: 999ms}", 19, "from 1000 ms");
    assert_line_refused("schedule: {}", 11, "one of the keys");
    assert_line_refused("schedule: {every: 1s, cron: '* * * * *'}", 11, "one of the keys");
    assert_line_refused("schedule: {cron: '* * * *'}", 18, "has 4");
    assert_line_refused("schedule: {cron: '* * * * * *'}", 18, "has 6");
    assert_line_refused("schedule: {cron: '* * * * ;rm'}", 18, "the weekday, at \";rm\", must be");
    assert_refused(SMALL "args: {x: {type: string, required: true}}\nschedule: {every: 1s}\n", 5, 11,
                   "give \"x\" a default");
}

static void schemas_must_make_sense(void **state)
{
    (void)state;
    assert_line_refused("args: [x]", 7, "mapping of at most");
    assert_line_refused("args: {X: {type: string}}", 8, "lower-case letters, digits and _");
    assert_line_refused("args: {x: {}}", 11, "lacks the key \"type\"");
    assert_line_refused("args: {x: {type: object}}", 18, "must be string, integer");
    assert_line_refused("args: {x: {type: string, required: yes}}", 36, "true or false");
    assert_line_refused("args: {x: {type: string, minimum: 1}}", 35, "only an integer or a number");
    assert_line_refused("args: {x: {type: integer, minimum: 1.5}}", 36, "of type integer");
    assert_line_refused("args: {x: {type: integer, minimum: 2, maximum: 1}}", 48, "below the minimum");
    assert_line_refused("args: {x: {type: integer, pattern: a}}", 36, "only a string or an array");
    assert_line_refused("args: {x: {type: integer, minimum: 2, default: 1}}", 48, "1 is below the minimum");
    assert_line_refused("args: {x: {type: integer, enum: [1, b]}}", 37, "\"b\" is not a whole number");
    assert_line_refused("args: {x: {type: string, enum: []}}", 32, "list of 1 to 100");
    assert_line_refused("args: {x: {type: string, default: 5}}", 35, "5 is not text");
    assert_line_refused("args: {x: {type: string, enum: [a], default: b}}", 46, "not among the choices");
}

static void patterns_that_cost_too_much_are_refused(void **state)
{
    (void)state;
    assert_line_refused("args: {x: {type: string, pattern: '('}}", 35, "cannot be used");
    assert_line_refused("args: {x: {type: string, pattern: '(a)\\1'}}", 35, "back-references");
    assert_line_refused("args: {x: {type: string, pattern: '((a{99}){99}){99}'}}", 35, "repetitions");
    assert_line_refused("args: {x: {type: string, pattern: 'a{1,5000}'}}", 35, "repetitions");
    assert_line_refused("args: {x: {type: string, pattern: '(((a?){9}){8}){7}'}}", 35, "repetitions");
    assert_line_refused("args: {x: {type: string, pattern: '[[:alpha:](]{501}'}}", 35, "repetitions");
    assert_line_refused("args: {x: {type: string, pattern: 'a{30}{30}'}}", 35, "repetitions");
    definition_drop(parse(SMALL "args: {x: {type: string, pattern: '^[]a[:digit:](]{1,39}/(a|[^]]){1,100}$'}}\n"));
    definition_drop(parse(SMALL "args: {x: {type: string, pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'}}\n"));
}

static void assert_same_digest(const char *text, const char *other, int equal)
{
    char one[SHA256_HEX + 1], two[SHA256_HEX + 1];
    struct definition *a = parse(text), *b = parse(other);

    definition_digest(a, one);
    definition_digest(b, two);
    assert_int_equal(strlen(one), SHA256_HEX);
    assert_int_equal(!strcmp(one, two), equal);
    definition_drop(a);
    definition_drop(b);
}

static void the_digest_is_of_the_content_only(void **state)
{
    (void)state;
    assert_same_digest(SMALL, "# comment\nname:   'A'\n\nid: \"a\"\nphases:\n- over: numbers\n  job: noop\n  id: p\n",
                       1);
    assert_same_digest(
        SMALL, "{\"id\":\"a\",\"name\":\"A\",\"phases\":[{\"id\":\"p\",\"job\":\"noop\",\"over\":\"numbers\"}]}", 1);
    assert_same_digest(SMALL, SMALL "window: 17\n", 0);
    assert_same_digest(SMALL, "id: a\nname: B\nphases: [{id: p, job: noop, over: numbers}]\n", 0);
}

static void what_was_stored_reads_back_the_same(void **state)
{
    (void)state;
    struct definition *d = parse(SMALL "description: \"a\\u2028b\\x85 \\\"é\\\" 😀\"\n"
                                       "args: {n: {type: number, minimum: 0.1, default: 1e3}, f: {type: boolean}}\n"
                                       "retry: {jitter: 0.25}\n");
    struct definition *back;
    struct err_info error;
    struct buf stored = BUF_INIT, again = BUF_INIT;

    definition_canonical(d, &stored);
    if (definition_from_canonical(stored.data, stored.len, &names, &back, &error))
        fail_msg("%s", error.text);
    definition_canonical(back, &again);
    assert_string_equal(again.data, stored.data);
    assert_string_equal(back->description, d->description);
    assert_true(back->retry.jitter == 0.25);
    definition_drop(back);
    assert_int_equal(definition_from_canonical("{\"id\":1}", 8, &names, &back, &error), ERR_USAGE);
    assert_int_equal(error.line, 0);
    assert_int_equal(definition_from_canonical("id: a", 5, &names, &back, &error), ERR_USAGE);
    buf_fini(&stored);
    buf_fini(&again);
    definition_drop(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_file_becomes_a_struct),
        cmocka_unit_test(what_is_left_out_has_a_default),
        cmocka_unit_test(mistakes_are_named_with_their_place),
        cmocka_unit_test(phases_are_checked_against_the_registered_names),
        cmocka_unit_test(a_schedule_is_an_interval_or_five_fields),
        cmocka_unit_test(schemas_must_make_sense),
        cmocka_unit_test(patterns_that_cost_too_much_are_refused),
        cmocka_unit_test(the_digest_is_of_the_content_only),
        cmocka_unit_test(what_was_stored_reads_back_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
