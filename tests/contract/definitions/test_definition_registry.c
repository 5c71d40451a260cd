/* What is in force, why something is refused, and that a new operation takes the version of its own moment. */
#include "common/definitions/submission.h"

#include "tests/contract/queue/fixture.h"

static void assert_refused(struct fixture *f, const char *handle, enum err wanted, const char *part)
{
    struct err_info error = {.code = ERR_OK};
    struct registered_definition found;
    assert_int_equal(definition_registry_find(f->pg, handle, &found, &error), wanted);
    if (strstr(error.text, part) == NULL)
        fail_msg("\"%s\" is not in: %s", part, error.text);
    assert_null(found.definition);
    registered_definition_fini(&found);
}

static void what_is_in_force_is_found(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct registered_definition found;
    put_in_force(f, f->quick);
    assert_fine(definition_registry_find(f->pg, "quick", &found, &error));
    char wanted[SHA256_HEX + 1], got[SHA256_HEX + 1];
    definition_digest(f->quick, wanted);
    definition_digest(found.definition, got);
    assert_string_equal(got, wanted);
    assert_string_equal(found.handle, "quick");
    assert_int_equal(found.id, number_of(f->pg, "SELECT id FROM workflow_definitions"));
    registered_definition_fini(&found);
}

static void a_refusal_says_why(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    assert_refused(f, "quick", ERR_NOT_FOUND, "none is loaded; run: producer resync-definitions");
    put_in_force(f, f->quick);
    put_in_force(f, f->lengthy);
    assert_refused(f, "quik", ERR_NOT_FOUND, "did you mean \"quick\"?");
    assert_refused(f, "unheard-of", ERR_NOT_FOUND, "see: producer definitions");
    assert_refused(f, "'; nonsense", ERR_NOT_FOUND, "nonsense");
    assert_fine(definition_registry_archive(f->pg, "quick", &error));
    assert_fine(definition_registry_archive(f->pg, "quick", &error));
    assert_refused(f, "quick", ERR_CONFLICT, "is archived; to use it again: producer unarchive quick");
    assert_fine(definition_registry_unarchive(f->pg, "quick", &error));
    run_sql(f->pg, "UPDATE workflow_definitions SET file_exists = false WHERE handle = 'quick'");
    assert_refused(f, "quick", ERR_CONFLICT, "is gone: the last re-sync found no file of it (it was quick.yaml)");
    run_sql(f->pg, "UPDATE workflow_definitions SET file_exists = true, current_version = NULL, load_error = 'odd', "
                   "load_error_line = 3, load_error_column = 7 WHERE handle = 'quick'");
    assert_refused(f, "quick", ERR_USAGE, "is not usable: quick.yaml:3:7: odd");
    assert_int_equal(definition_registry_archive(f->pg, "quack", &error), ERR_NOT_FOUND);
    assert_non_null(strstr(error.text, "quack"));
}

static void a_broken_file_leaves_the_last_good_version_in_force(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct registered_definition found;
    put_in_force(f, f->quick);
    run_sql(f->pg, "UPDATE workflow_definitions SET load_error = 'odd', load_error_line = 0, load_error_column = 0");
    assert_fine(definition_registry_find(f->pg, "quick", &found, &error));
    registered_definition_fini(&found);
}

/* ---- accepting --------------------------------------------------------------------------------------------------- */

static void assert_args_refused(struct fixture *f, const char *text, const char *part)
{
    struct err_info error = {.code = ERR_OK};
    struct submission submission;
    struct json_object *args;
    assert_fine(json_parse(text, strlen(text), JSON_LIMITS_REQUEST, &args, &error));
    struct request request = {.handle = "quick", .args = args};
    const struct submitter submitter = {.pg = f->pg, .kinds = &test_kinds};
    assert_int_equal(submission_request(&submitter, &request, &submission, &error), ERR_USAGE);
    submission_fini(&submission);
    if (strstr(error.text, part) == NULL)
        fail_msg("\"%s\" is not in: %s", part, error.text);
    json_object_put(args);
}

/* Argument, value, rule. */
static void arguments_are_checked_before_anything_is_written(void **state)
{
    struct fixture *f = *state;
    put_in_force(f, f->quick);
    assert_args_refused(f, "{\"count\": -1}",
                        "argument \"count\": -1 is below the minimum; give a whole number of at least 0");
    assert_args_refused(f, "{\"count\": \"many\"}", "argument \"count\": \"many\" is ");
    assert_args_refused(f, "{\"colour\": 1}", "there is no argument \"colour\"; quick takes count, refusal");
    assert_int_equal(number_of(f->pg, "SELECT count(*) FROM operation"), 0);
}

static void what_is_accepted_is_pinned_to_the_version_in_force(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct submission submission;
    const struct submitter submitter = {.pg = f->pg, .kinds = &test_kinds};
    put_in_force(f, f->quick);
    struct request request = {.handle = "quick", .requested_by = "test"};
    assert_fine(submission_request(&submitter, &request, &submission, &error));
    submission_fini(&submission);
    assert_sql_text("true", f->pg,
                    "SELECT (o.digest = d.current_version AND o.definition = d.handle)::text FROM operation o, "
                    "workflow_definitions d");
    assert_int_equal(number_of(f->pg, "SELECT count(*) FROM definition_versions"), 1);
}

/* Between looking up and accepting a re-sync puts another version in force. */
static void a_version_that_is_not_in_force_any_more_is_not_begun_with(void **state)
{
    struct fixture *f = *state;
    struct err_info error = {.code = ERR_OK};
    struct registered_definition old;
    struct accepted accepted;
    struct definition *newer = define("quick", "quick numbers quick numbers");
    put_in_force(f, f->quick);
    assert_fine(definition_registry_find(f->pg, "quick", &old, &error));
    struct request request = {.handle = "quick", .definition = old.definition, .catalog_id = old.id};
    assert_fine(accept_request(f->pg, request, 5, &accepted, &error));
    char first[ID_MAX];
    memcpy(first, accepted.operation_id, sizeof first);
    put_in_force(f, newer);
    assert_int_equal(accept_request(f->pg, request, 6, &accepted, &error), ERR_CONFLICT);
    assert_true(accepted.outdated);
    assert_non_null(strstr(error.text, "changed at this moment"));
    assert_int_equal(number_of(f->pg, "SELECT count(*) FROM operation"), 1);
    /* What was accepted before is found all the same. */
    assert_fine(accept_request(f->pg, request, 5, &accepted, &error));
    assert_true(accepted.repeated);
    assert_string_equal(accepted.operation_id, first);
    /* The next look finds the new one. */
    struct request again = {.handle = "quick"};
    const struct submitter submitter = {.pg = f->pg, .kinds = &test_kinds};
    struct submission submission;
    assert_fine(submission_request(&submitter, &again, &submission, &error));
    assert_int_equal(number_of(f->pg, "SELECT jsonb_array_length(phases) FROM operation WHERE operation_id = '%s'",
                               submission.accepted.operation_id),
                     2);
    submission_fini(&submission);
    run_sql(f->pg, "UPDATE workflow_definitions SET status = 'archived'");
    request.definition = newer;
    assert_int_equal(accept_request(f->pg, request, 7, &accepted, &error), ERR_CONFLICT);
    registered_definition_fini(&old);
    definition_drop(newer);
}

#define fresh(test) cmocka_unit_test_setup_teardown(test, queue_setup, queue_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        fresh(what_is_in_force_is_found),
        fresh(a_refusal_says_why),
        fresh(a_broken_file_leaves_the_last_good_version_in_force),
        fresh(arguments_are_checked_before_anything_is_written),
        fresh(what_is_accepted_is_pinned_to_the_version_in_force),
        fresh(a_version_that_is_not_in_force_any_more_is_not_begun_with),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
