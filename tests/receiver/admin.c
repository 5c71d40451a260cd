#include "tests/receiver/admin.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"

void admin_add_error(struct buf *out, const char *text)
{
    buf_add_str(out, "{\"error\":");
    json_add_string(out, text, strlen(text));
    buf_add_char(out, '}');
}

static struct admin_answer refuse(struct buf *out, int status, const char *text)
{
    admin_add_error(out, text);
    return (struct admin_answer){status, ADMIN_READ_ONLY};
}

static struct admin_answer changed(struct buf *out)
{
    buf_add_str(out, "{\"ok\":true}");
    return (struct admin_answer){200, ADMIN_RULES_CHANGED};
}

static struct admin_answer stats(struct app *app, const struct admin_request *request, struct buf *out)
{
    (void)request;
    app_add_stats(app, out);
    return (struct admin_answer){200, ADMIN_READ_ONLY};
}

static struct admin_answer files(struct app *app, const struct admin_request *request, struct buf *out)
{
    size_t limit = request->limit ? strtoul(request->limit, NULL, 10) : SIZE_MAX;
    if (!request->app_id || !request->repository_id)
        return refuse(out, 400, "app and repository are wanted");
    if (!held_add_files(app_held(app), request->app_id, request->repository_id, request->after ? request->after : "",
                        limit, out))
        buf_add_str(out, "{}");
    return (struct admin_answer){200, ADMIN_READ_ONLY};
}

static struct admin_answer behave(struct app *app, const struct admin_request *request, struct buf *out)
{
    struct err_info error = {0};
    if (behave_set(app_behave(app), request->body, request->len, &error) != ERR_OK)
        return refuse(out, 400, error.text);
    return changed(out);
}

static struct admin_answer reset(struct app *app, const struct admin_request *request, struct buf *out)
{
    (void)request;
    app_reset(app);
    return changed(out);
}

static const struct {
    const char *method, *name;
    struct admin_answer (*answer)(struct app *app, const struct admin_request *request, struct buf *out);
} routes[] = {
    {"GET", "stats", stats},
    {"GET", "files", files},
    {"POST", "behave", behave},
    {"POST", "reset", reset},
};

struct admin_answer admin_answer(struct app *app, const struct admin_request *request, struct buf *out)
{
    const char *name = request->path + sizeof ADMIN_PREFIX - 1;
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++)
        if (strcmp(routes[i].name, name) == 0 && strcmp(routes[i].method, request->method) == 0)
            return routes[i].answer(app, request, out);
    return refuse(out, 404, "GET /_/stats, GET /_/files, POST /_/behave, POST /_/reset");
}
