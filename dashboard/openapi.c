/*
 * Makes the OpenAPI document from the table of routes and the schemas in schemas/, so that it cannot name a route or a
 * parameter that does not exist. A schema that a row names and that is missing is a fault of the build's tests
 * (tests/unit/dashboard/test_route.c), a parameter without a description an assertion. Read by /openapi.json.
 */
#include <assert.h>
#include <json-c/json_tokener.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/json.h"
#include "common/base/mem.h"
#include "dashboard/route.h"
#include "embedded/schema.h"

#define PARAMETERS "parameters" /* the file that says of each parameter what it is */
#define JSON_TYPE "application/json"

/* Answers that are no JSON. */
static const struct {
    const char *answer, *type;
} other_types[] = {{"events", "text/event-stream"}, {"metrics", "text/plain"}};

static const char *type_of(const char *answer)
{
    for (size_t i = 0; i < sizeof other_types / sizeof *other_types; i++)
        if (strcmp(other_types[i].answer, answer) == 0)
            return other_types[i].type;
    return JSON_TYPE;
}

static struct json_object *text(const char *value)
{
    return json_object_new_string(value);
}

static struct json_object *schema_of(const char *name)
{
    for (int i = 0; i < SCHEMA_COUNT; i++)
        if (strcmp(schema_all[i]->name, name) == 0)
            return json_tokener_parse(schema_all[i]->text);
    return NULL;
}

/* {"$ref": …} of a schema that there is; anything where there is none. */
static struct json_object *reference(const char *name)
{
    char path[120];
    struct json_object *json = json_object_new_object();
    snprintf(path, sizeof path, "#/components/schemas/%s", name);
    struct json_object *known = schema_of(name);
    if (known != NULL)
        json_object_object_add(json, "$ref", text(path));
    json_object_put(known);
    return json;
}

static struct json_object *content(const char *type, struct json_object *schema)
{
    struct json_object *content = json_object_new_object(), *media = json_object_new_object();
    json_object_object_add(media, "schema", schema);
    json_object_object_add(content, type, media);
    return content;
}

/* ---- parameters -------------------------------------------------------------------------------------------------- */

static void add_parameter(struct json_object *array, struct json_object *known, const char *name, size_t len,
                          const char *in)
{
    char key[64];
    struct json_object *json = json_object_new_object();
    snprintf(key, sizeof key, "%.*s", (int)len, name);
    struct json_object *about = json_get(known, key);
    assert(about != NULL); /* a parameter that schemas/parameters.json does not know */
    json_object_object_add(json, "name", text(key));
    json_object_object_add(json, "in", text(in));
    json_object_object_add(json, "required", json_object_new_boolean(strcmp(in, "path") == 0));
    if (json_get(about, "description") != NULL)
        json_object_object_add(json, "description", json_object_get(json_get(about, "description")));
    json_object_object_add(json, "schema", json_object_get(json_get(about, "schema")));
    json_object_array_add(array, json);
}

static struct json_object *parameters(const struct route *route)
{
    struct json_object *array = json_object_new_array(), *known = schema_of(PARAMETERS);
    for (const char *at = strchr(route->pattern, '{'); at != NULL; at = strchr(at + 1, '{'))
        add_parameter(array, known, at + 1, strcspn(at + 1, "}"), "path");
    for (const char *at = route->query == NULL ? "" : route->query; *at != '\0'; at += strspn(at, " ")) {
        size_t len = strcspn(at, " ");
        add_parameter(array, known, at, len, "query");
        at += len;
    }
    json_object_put(known);
    return array;
}

/* ---- operations -------------------------------------------------------------------------------------------------- */

static struct json_object *wrapped(struct json_object *schema)
{
    struct json_object *json = json_object_new_object(), *properties = json_object_new_object(),
                       *required = json_object_new_array();
    json_object_object_add(properties, "data", schema);
    json_object_array_add(required, text("data"));
    json_object_object_add(json, "type", text("object"));
    json_object_object_add(json, "required", required);
    json_object_object_add(json, "properties", properties);
    return json;
}

static struct json_object *response(const char *description, const char *type, struct json_object *schema)
{
    struct json_object *json = json_object_new_object();
    json_object_object_add(json, "description", text(description));
    json_object_object_add(json, "content", content(type, schema));
    return json;
}

static struct json_object *responses(const struct route *route)
{
    char status[12];
    struct json_object *json = json_object_new_object(), *schema = reference(route->answer);
    const char *type = type_of(route->answer);
    snprintf(status, sizeof status, "%d", route->status == 0 ? 200 : route->status);
    bool wraps = route_wraps(route) && strcmp(type, JSON_TYPE) == 0;
    json_object_object_add(json, status, response("Success", type, wraps ? wrapped(schema) : schema));
    json_object_object_add(json, "default", response("A refusal, in words", JSON_TYPE, reference("error")));
    return json;
}

/* Either of the two suffices; [] for a route without a login. */
static struct json_object *security(const struct route *route)
{
    static const char *const schemes[] = {"bearer", "cookie"};
    struct json_object *array = json_object_new_array();
    for (size_t i = 0; route->access != ACCESS_OPEN && i < sizeof schemes / sizeof *schemes; i++) {
        struct json_object *one = json_object_new_object();
        json_object_object_add(one, schemes[i], json_object_new_array());
        json_object_array_add(array, one);
    }
    return array;
}

static struct json_object *operation(const struct route *route)
{
    struct json_object *json = json_object_new_object();
    json_object_object_add(json, "summary", text(route->summary));
    json_object_object_add(json, "security", security(route));
    json_object_object_add(json, "parameters", parameters(route));
    if (route->body != NULL) {
        struct json_object *body = json_object_new_object();
        json_object_object_add(body, "content", content(JSON_TYPE, reference(route->body)));
        json_object_object_add(json, "requestBody", body);
    }
    json_object_object_add(json, "responses", responses(route));
    return json;
}

static struct json_object *paths(void)
{
    static const char *const lower[METHOD_COUNT] = {"get", "post", "patch", "delete"};
    struct json_object *json = json_object_new_object();
    for (const struct route *route = routes; route->pattern != NULL; route++) {
        struct json_object *path = json_get(json, route->pattern);
        if (path == NULL) {
            path = json_object_new_object();
            json_object_object_add(json, route->pattern, path);
        }
        json_object_object_add(path, lower[route->method], operation(route));
    }
    return json;
}

/* ---- the document ------------------------------------------------------------------------------------------------ */

static struct json_object *components(void)
{
    static const char security_schemes[] =
        "{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\"},"
        "\"cookie\":{\"type\":\"apiKey\",\"in\":\"cookie\",\"name\":\"__Host-reprise_session\"}}";
    struct json_object *json = json_object_new_object(), *schemas = json_object_new_object();
    for (int i = 0; i < SCHEMA_COUNT; i++)
        if (strcmp(schema_all[i]->name, PARAMETERS) != 0)
            json_object_object_add(schemas, schema_all[i]->name, json_tokener_parse(schema_all[i]->text));
    json_object_object_add(json, "schemas", schemas);
    json_object_object_add(json, "securitySchemes", json_tokener_parse(security_schemes));
    return json;
}

static struct json_object *document(void)
{
    struct json_object *json = json_object_new_object(), *info = json_object_new_object();
    json_object_object_add(info, "title", text("Reprise"));
    json_object_object_add(info, "version", text(REPRISE_VERSION));
    json_object_object_add(json, "openapi", text("3.1.0"));
    json_object_object_add(json, "info", info);
    json_object_object_add(json, "paths", paths());
    json_object_object_add(json, "components", components());
    return json;
}

/* It needs no login: a request must not cost the milliseconds that the document takes to be made. */
static const char *made_text;

static void make_text(void)
{
    struct json_object *json = document();
    made_text = mem_strdup(json_object_to_json_string_ext(json, JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(json);
}

const char *openapi_text(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_text);
    return made_text;
}
