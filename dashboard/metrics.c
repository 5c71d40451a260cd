/*
 * Writes /metrics: families of workers, of the installation, of queues and of this program's own requests, each after
 * its HELP and TYPE. run_installation.c calls it with what common/query read; nothing here reads a store.
 * docs/operating.md names every metric (tests/house/check_metrics.py compares them).
 */
#include "dashboard/metrics.h"

#include <inttypes.h>
#include <json-c/linkhash.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/json.h"
#include "common/base/money.h"
#include "common/queue/job.h"

/* The bounds of the workers' histograms, as in worker/counts.c. */
static const char *const bounds[] = {"0.001", "0.005", "0.01", "0.05", "0.1", "0.5", "1", "5", "30", "300", "+Inf"};
#define BOUNDS (sizeof bounds / sizeof *bounds)
#define US_PER_S 1e6

static void header(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* Names come from heartbeats, which any client of Redis could forge: what would end a label is left out. */
static void label(struct buf *out, const char *name, const char *value)
{
    buf_addf(out, "%s=\"", name);
    for (const char *at = value == NULL ? "" : value; *at != '\0'; at++)
        if (*at >= ' ' && *at != '"' && *at != '\\')
            buf_add_char(out, *at);
    buf_add_char(out, '"');
}

static void sample(struct buf *out, const char *name, struct json_object *worker, const char *more, int64_t value)
{
    buf_addf(out, "%s{", name);
    label(out, "worker", json_get_string(worker, "worker"));
    buf_addf(out, "%s} %" PRId64 "\n", more, value);
}

static struct json_object *counts_of(struct json_object *worker)
{
    struct json_object *counts = json_get(worker, "counts");
    return json_object_is_type(counts, json_type_object) ? counts : NULL;
}

/* ---- one family of metrics after the other, for it must stand together ------------------------------------------- */

typedef void family_fn(struct json_object *worker, struct buf *out);

static void outcomes(struct json_object *worker, struct buf *out)
{
    struct json_object *kinds = json_get(counts_of(worker), "outcomes");
    if (!json_object_is_type(kinds, json_type_object))
        return;
    json_object_object_foreach(kinds, kind, by_outcome)
    {
        if (!json_object_is_type(by_outcome, json_type_object))
            continue;
        json_object_object_foreach(by_outcome, outcome, count)
        {
            struct buf labels = BUF_INIT;
            buf_add_char(&labels, ',');
            label(&labels, "kind", kind);
            buf_add_char(&labels, ',');
            label(&labels, "outcome", outcome);
            sample(out, "reprise_job_outcomes_total", worker, labels.data, json_object_get_int64(count));
            buf_fini(&labels);
        }
    }
}

/* An object of counts by one word. */
static void by_word(struct json_object *worker, struct buf *out, const char *member, const char *name, const char *word)
{
    struct json_object *object = json_get(counts_of(worker), member);
    if (!json_object_is_type(object, json_type_object))
        return;
    json_object_object_foreach(object, key, count)
    {
        struct buf labels = BUF_INIT;
        buf_add_char(&labels, ',');
        label(&labels, word, key);
        sample(out, name, worker, labels.data, json_object_get_int64(count));
        buf_fini(&labels);
    }
}

static void retries(struct json_object *worker, struct buf *out)
{
    by_word(worker, out, "retries", "reprise_job_retries_total", "class");
}

static void deliveries(struct json_object *worker, struct buf *out)
{
    by_word(worker, out, "deliveries", "reprise_deliveries_total", "status");
}

static void histogram(struct json_object *worker, struct buf *out, const char *member, const char *name)
{
    struct json_object *times = json_get(counts_of(worker), member), *buckets = json_get(times, "buckets");
    char series[80], labels[24];
    int64_t below = 0;
    if (!json_object_is_type(buckets, json_type_array) || json_object_array_length(buckets) != BOUNDS)
        return;
    snprintf(series, sizeof series, "%s_bucket", name);
    for (size_t i = 0; i < BOUNDS; i++) {
        below = bounded_add(below, json_object_get_int64(json_object_array_get_idx(buckets, i)));
        snprintf(labels, sizeof labels, ",le=\"%s\"", bounds[i]);
        sample(out, series, worker, labels, below);
    }
    buf_addf(out, "%s_sum{", name);
    label(out, "worker", json_get_string(worker, "worker"));
    buf_addf(out, "} %.6f\n", (double)json_get_int(times, "sum_us", 0) / US_PER_S);
    snprintf(series, sizeof series, "%s_count", name);
    sample(out, series, worker, "", below);
}

static void chunk_times(struct json_object *worker, struct buf *out)
{
    histogram(worker, out, "chunk", "reprise_chunk_seconds");
}

static void settle_times(struct json_object *worker, struct buf *out)
{
    histogram(worker, out, "settle", "reprise_settle_seconds");
}

static void running(struct json_object *worker, struct buf *out)
{
    sample(out, "reprise_worker_running_chunks", worker, "", json_get_int(worker, "running", 0));
}

static void lag(struct json_object *worker, struct buf *out)
{
    buf_add_str(out, "reprise_worker_loop_lag_seconds{");
    label(out, "worker", json_get_string(worker, "worker"));
    buf_addf(out, "} %.6f\n", (double)json_get_int(counts_of(worker), "loop_lag_us", 0) / US_PER_S);
}

static const struct {
    const char *name, *type, *help;
    family_fn *write;
} families[] = {
    {"reprise_job_outcomes_total", "counter", "Jobs settled by a worker process since its start.", outcomes},
    {"reprise_job_retries_total", "counter", "Failed tries that are repeated, by the class of their error.", retries},
    {"reprise_deliveries_total", "counter", "Requests to client apps, by the class of their status.", deliveries},
    {"reprise_chunk_seconds", "histogram", "Time from a chunk's start to its settle.", chunk_times},
    {"reprise_settle_seconds", "histogram", "Time of one settling transaction.", settle_times},
    {"reprise_worker_running_chunks", "gauge", "Chunks that a worker process holds.", running},
    {"reprise_worker_loop_lag_seconds", "gauge", "How late the loop of a worker process was.", lag},
};

void metrics_workers(struct json_object *workers, struct buf *out)
{
    int64_t alive = 0;
    for (size_t f = 0; f < sizeof families / sizeof *families; f++) {
        header(out, families[f].name, families[f].type, families[f].help);
        for (size_t i = 0; i < json_object_array_length(workers); i++) {
            struct json_object *worker = json_object_array_get_idx(workers, i);
            if (!json_get_bool(worker, "alive", false))
                continue;
            families[f].write(worker, out);
            alive += f == 0;
        }
    }
    header(out, "reprise_workers", "gauge", "Worker processes that are alive.");
    buf_addf(out, "reprise_workers %" PRId64 "\n", alive);
}

/* ---- the installation -------------------------------------------------------------------------------------------- */

static bool is_files(struct json_object *kind)
{
    return strcmp(json_get_string(kind, "kind"), "file") == 0;
}

static void outcomes_of_kind(struct json_object *kind, struct buf *out)
{
    for (size_t i = 0; i < OUTCOMES_FINAL; i++) {
        buf_add_str(out, "reprise_outcomes_total{");
        label(out, "kind", json_get_string(kind, "kind"));
        buf_addf(out, ",outcome=\"%s\"} %" PRId64 "\n", outcome_words[i], json_get_int(kind, outcome_words[i], 0));
    }
}

void metrics_activity(struct json_object *kinds, struct buf *out)
{
    int64_t files = 0;
    header(out, "reprise_outcomes_total", "counter",
           "Jobs settled since the installation began, by all workers: exact.");
    for (size_t i = 0; i < json_object_array_length(kinds); i++) {
        struct json_object *kind = json_object_array_get_idx(kinds, i);
        if (is_files(kind))
            files = json_get_int(kind, "succeeded", 0);
        else
            outcomes_of_kind(kind, out);
    }
    header(out, "reprise_files_total", "counter",
           "Files for which client apps answered, since the installation began.");
    buf_addf(out, "reprise_files_total %" PRId64 "\n", files);
}

/* ---- queues ------------------------------------------------------------------------------------------------------ */

static const struct {
    const char *key, *name, *help;
} depths[] = {
    {"queued_chunks", "reprise_queue_chunks", "Chunks that wait in a queue."},
    {"active_chunks", "reprise_active_chunks", "Chunks that workers hold."},
    {"delayed_operations", "reprise_delayed_operations", "Operations with retries waiting."},
    {"suspect_chunks", "reprise_suspect_chunks", "Chunks whose process died by a fatal signal."},
    {"operations", "reprise_live_operations", "Operations that run or are paused."},
    {"open_jobs", "reprise_open_jobs", "Jobs that are planned and not settled."},
};

void metrics_queues(struct json_object *queues, struct buf *out)
{
    struct json_object *array = json_get(queues, "queues"), *inbox = json_get(queues, "inbox");
    for (size_t d = 0; d < sizeof depths / sizeof *depths; d++) {
        header(out, depths[d].name, "gauge", depths[d].help);
        for (size_t i = 0; i < json_object_array_length(array); i++) {
            struct json_object *queue = json_object_array_get_idx(array, i);
            buf_addf(out, "%s{queue=\"%s\"} %" PRId64 "\n", depths[d].name, json_get_string(queue, "queue"),
                     json_get_int(queue, depths[d].key, 0));
        }
    }
    header(out, "reprise_inbox_waiting", "gauge", "Requests in the inbox.");
    buf_addf(out, "reprise_inbox_waiting %" PRId64 "\n", json_get_int(inbox, "waiting", 0));
    header(out, "reprise_inbox_rejected", "gauge", "Refused requests that are kept, at most 1000.");
    buf_addf(out, "reprise_inbox_rejected %" PRId64 "\n", json_get_int(inbox, "rejected", 0));
}

/* ---- requests answered by this program --------------------------------------------------------------------------- */

#define ROUTES_MAX 96
#define CLASSES 6 /* 1xx to 5xx, from 1 */

static const int64_t request_bounds_us[] = {1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 1000000, 10000000};
#define REQUEST_BOUNDS (sizeof request_bounds_us / sizeof *request_bounds_us)

/* The last row is for what belongs to no route. */
static struct {
    atomic_int_least64_t by_class[CLASSES], by_time[REQUEST_BOUNDS + 1], sum_us;
} request_rows[ROUTES_MAX + 1];

void metrics_count_request(const struct route *route, int status, int64_t took_us)
{
    size_t row = route == NULL ? ROUTES_MAX : (size_t)(route - routes), bound = 0;
    int class = status / 100 < CLASSES ? status / 100 : 0;
    while (bound < REQUEST_BOUNDS && took_us > request_bounds_us[bound])
        bound++;
    atomic_fetch_add(&request_rows[row].by_class[class], 1);
    atomic_fetch_add(&request_rows[row].by_time[bound], 1);
    atomic_fetch_add(&request_rows[row].sum_us, took_us);
}

static const char *row_method(size_t row)
{
    return row == ROUTES_MAX ? "" : method_names[routes[row].method];
}

static const char *row_pattern(size_t row)
{
    return row == ROUTES_MAX ? "other" : routes[row].pattern;
}

static void request_counts(struct buf *out, size_t row)
{
    for (int class = 1; class < CLASSES; class ++) {
        int64_t count = atomic_load(&request_rows[row].by_class[class]);
        if (count > 0)
            buf_addf(out, "reprise_http_requests_total{method=\"%s\",route=\"%s\",status=\"%dxx\"} %" PRId64 "\n",
                     row_method(row), row_pattern(row), class, count);
    }
}

static void request_times(struct buf *out, size_t row)
{
    int64_t count = 0;
    for (size_t bound = 0; bound <= REQUEST_BOUNDS; bound++)
        count += atomic_load(&request_rows[row].by_time[bound]);
    if (count == 0)
        return;
    int64_t below = 0;
    for (size_t bound = 0; bound < REQUEST_BOUNDS; bound++) {
        below += atomic_load(&request_rows[row].by_time[bound]);
        buf_addf(out, "reprise_http_request_seconds_bucket{method=\"%s\",route=\"%s\",le=\"%g\"} %" PRId64 "\n",
                 row_method(row), row_pattern(row), (double)request_bounds_us[bound] / US_PER_S, below);
    }
    buf_addf(out,
             "reprise_http_request_seconds_bucket{method=\"%s\",route=\"%s\",le=\"+Inf\"} %" PRId64
             "\nreprise_http_request_seconds_sum{method=\"%s\",route=\"%s\"} %.6f\n"
             "reprise_http_request_seconds_count{method=\"%s\",route=\"%s\"} %" PRId64 "\n",
             row_method(row), row_pattern(row), count, row_method(row), row_pattern(row),
             (double)atomic_load(&request_rows[row].sum_us) / US_PER_S, row_method(row), row_pattern(row), count);
}

static void for_each_row(struct buf *out, void (*write)(struct buf *out, size_t row))
{
    for (size_t row = 0; row < route_count(); row++)
        write(out, row);
    write(out, ROUTES_MAX);
}

void metrics_requests(struct buf *out)
{
    buf_add_str(out, "# HELP reprise_http_requests_total Requests answered by this dashboard.\n"
                     "# TYPE reprise_http_requests_total counter\n");
    for_each_row(out, request_counts);
    buf_add_str(out, "# HELP reprise_http_request_seconds Time from a request's first line to the end of its answer.\n"
                     "# TYPE reprise_http_request_seconds histogram\n");
    for_each_row(out, request_times);
}
