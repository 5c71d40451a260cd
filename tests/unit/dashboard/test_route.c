/* Finding a route, and what must hold of every row of the table. */
#include <json-c/json_tokener.h>
#include <string.h>

#include "common/base/json.h"
#include "dashboard/route.h"
#include "tests/testing/testing.h"

static enum err find(const char *method, const char *path, const struct route **route, struct route_params *params)
{
    struct route_match match;
    struct err_info error;
    enum err err = route_find(method, path, strlen(path), &match, &error);
    *route = match.route;
    *params = match.params;
    return err;
}

static void a_path_finds_its_route(void **state)
{
    (void)state;
    const struct route *route = NULL;
    struct route_params params;
    assert_int_equal(find("GET", "/admin/api/apps/a%2Fb/repositories", &route, &params), ERR_CONFLICT);
    assert_int_equal(find("GET", "/admin/api/apps/a%2Fb", &route, &params), ERR_OK);
    assert_string_equal(route->pattern, "/admin/api/apps/{app_id}");
    assert_string_equal(params.values[0], "a/b");
    route_params_fini(&params);
    assert_int_equal(find("HEAD", "/health", &route, &params), ERR_OK);
    assert_int_equal(find("GET", "/admin/api/operations/preview", &route, &params), ERR_OK);
    assert_int_equal(route->method, METHOD_GET);
    route_params_fini(&params);
}

static void versions_are_another_spelling(void **state)
{
    (void)state;
    const struct route *route = NULL, *same = NULL;
    struct route_params params;
    assert_int_equal(find("GET", "/api/workflow-history", &route, &params), ERR_OK);
    assert_int_equal(find("GET", "/api/v1/workflow-history", &same, &params), ERR_OK);
    assert_ptr_equal(route, same);
    assert_int_equal(find("GET", "/api/v2/workflow-history", &same, &params), ERR_NOT_FOUND);
    assert_int_equal(find("GET", "/api/v1", &same, &params), ERR_NOT_FOUND);
    assert_int_equal(find("GET", "/api/v1/", &same, &params), ERR_NOT_FOUND);
    assert_int_equal(find("GET", "/admin/api/v1/apps", &same, &params), ERR_NOT_FOUND);
}

static void what_is_no_path_finds_nothing(void **state)
{
    (void)state;
    static const char *const paths[] = {"",
                                        "/",
                                        "//",
                                        "/admin/api/apps/",
                                        "/admin/api//apps",
                                        "admin/api/apps",
                                        "/admin/api/apps/x/",
                                        "/admin/api/apps/{app_id}/x"};
    const struct route *route = NULL;
    struct route_params params;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        assert_int_equal(find("GET", paths[i], &route, &params), ERR_NOT_FOUND);
    assert_int_equal(find("GET", "/admin/api/apps/%zz", &route, &params), ERR_USAGE);
    assert_int_equal(find("get", "/health", &route, &params), ERR_CONFLICT);
}

static void every_row_is_whole(void **state)
{
    (void)state;
    assert_true(route_count() > 40);
    for (const struct route *r = routes; r->pattern != NULL; r++) {
        assert_int_equal((r->run != NULL) + (r->many != NULL) + (r->ask != NULL), 1);
        assert_non_null(r->answer);
        assert_non_null(r->summary);
        assert_true(r->lane != LANE_LOOP ||
                    (r->run != NULL && r->access == ACCESS_OPEN && r->needs == ROUTE_WITHOUT_STORES));
        assert_true(r->access == ACCESS_CALLER || !route_is_api(r->pattern) || strstr(r->pattern, "/login") != NULL);
        for (const struct route *other = r + 1; other->pattern != NULL; other++)
            assert_true(other->method != r->method || strcmp(other->pattern, r->pattern) != 0);
    }
}

/* A $ref that leads nowhere would be found by readers of the document only. */
static void check_references(struct json_object *schemas, const char *text)
{
    static const char begins[] = "#/components/schemas/";
    for (const char *at = strstr(text, begins); at != NULL; at = strstr(at + 1, begins)) {
        char name[80] = "";
        const char *from = at + strlen(begins);
        assert_true(strcspn(from, "\"") < sizeof name);
        memcpy(name, from, strcspn(from, "\""));
        assert_non_null(json_get(schemas, name));
    }
}

static void the_document_is_whole(void **state)
{
    (void)state;
    struct json_object *document = json_tokener_parse(openapi_text());
    struct json_object *schemas = json_get(json_get(document, "components"), "schemas");
    assert_non_null(document);
    check_references(schemas, openapi_text());
    assert_ptr_equal(openapi_text(), openapi_text()); /* made once */
    for (const struct route *r = routes; r->pattern != NULL; r++) {
        bool other =
            strcmp(r->answer, "events") == 0 || strcmp(r->answer, "metrics") == 0 || strcmp(r->answer, "openapi") == 0;
        assert_true(other || json_get(schemas, r->answer) != NULL);
        assert_true(r->body == NULL || json_get(schemas, r->body) != NULL);
    }
    json_object_put(document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_finds_its_route),        cmocka_unit_test(versions_are_another_spelling),
        cmocka_unit_test(what_is_no_path_finds_nothing), cmocka_unit_test(every_row_is_whole),
        cmocka_unit_test(the_document_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
