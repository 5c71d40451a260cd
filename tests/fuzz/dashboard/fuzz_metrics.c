/* Heartbeats, as any client may write them to Redis, as metrics: whatever they hold, each line is a comment or one
 * sample in Prometheus' text format. */
#include <json-c/json_object.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/json.h"
#include "dashboard/metrics.h"
#include "tests/fuzz/fuzz.h"

#define LIMITS ((struct json_limits){64 * 1024, 16})
#define NAME "abcdefghijklmnopqrstuvwxyz_"

static void check_labels(const char **at)
{
    for (const char *end = NULL; **at != '}'; *at = end) {
        *at += **at == ',';
        *at += strspn(*at, NAME);
        FUZZ_CHECK(strncmp(*at, "=\"", 2) == 0);
        end = strchr(*at + 2, '"');
        FUZZ_CHECK(end != NULL && memchr(*at + 2, '\\', (size_t)(end - *at - 2)) == NULL);
        FUZZ_CHECK(end[1] == ',' || end[1] == '}');
        end++;
    }
    *at += 1;
}

static void check_sample(const char *line)
{
    FUZZ_CHECK(strncmp(line, "reprise_", 8) == 0);
    line += strspn(line, NAME);
    if (*line == '{') {
        line++;
        check_labels(&line);
    }
    FUZZ_CHECK(*line == ' ' && line[1] != '\0' && line[1 + strspn(line + 1, "-0123456789.")] == '\0');
}

static void check_lines(char *text)
{
    for (char *end; *text != '\0'; text = end + 1) {
        end = strchr(text, '\n');
        FUZZ_CHECK(end != NULL);
        *end = '\0';
        if (*text != '#')
            check_sample(text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_object *heartbeat = NULL, *workers = json_object_new_array();
    struct err_info error;
    struct buf out = BUF_INIT;
    if (json_parse((const char *)data, size, LIMITS, &heartbeat, &error) == ERR_OK) {
        if (json_object_is_type(heartbeat, json_type_object))
            json_object_object_add(heartbeat, "alive", json_object_new_boolean(1));
        json_object_array_add(workers, heartbeat);
        metrics_workers(workers, &out);
        check_lines(out.data);
    }
    json_object_put(workers);
    buf_fini(&out);
    return 0;
}
