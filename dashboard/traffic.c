#include "dashboard/traffic.h"

#include <inttypes.h>
#include <stdatomic.h>

#include "common/base/clock.h"

#define ROUTES_MAX 96
#define CLASSES 6 /* 1xx to 5xx, from 1 */
#define US_PER_S 1e6

static const int64_t bounds_us[] = {1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 1000000, 10000000};
#define BOUNDS (sizeof bounds_us / sizeof *bounds_us)

/* The last row is for what belongs to no route. */
static struct {
    atomic_int_least64_t by_class[CLASSES], by_time[BOUNDS + 1], sum_us;
} rows[ROUTES_MAX + 1];

void traffic_note(const struct route *route, int status, int64_t took_us)
{
    size_t row = route == NULL ? ROUTES_MAX : (size_t)(route - routes), bound = 0;
    int class = status / 100 < CLASSES ? status / 100 : 0;
    while (bound < BOUNDS && took_us > bounds_us[bound])
        bound++;
    atomic_fetch_add(&rows[row].by_class[class], 1);
    atomic_fetch_add(&rows[row].by_time[bound], 1);
    atomic_fetch_add(&rows[row].sum_us, took_us);
}

static const char *method_of(size_t row)
{
    return row == ROUTES_MAX ? "" : method_names[routes[row].method];
}

static const char *pattern_of(size_t row)
{
    return row == ROUTES_MAX ? "other" : routes[row].pattern;
}

static void write_counts(struct buf *out, size_t row)
{
    for (int class = 1; class < CLASSES; class ++) {
        int64_t count = atomic_load(&rows[row].by_class[class]);
        if (count > 0)
            buf_addf(out, "reprise_http_requests_total{method=\"%s\",route=\"%s\",status=\"%dxx\"} %" PRId64 "\n",
                     method_of(row), pattern_of(row), class, count);
    }
}

static void write_times(struct buf *out, size_t row)
{
    int64_t count = 0;
    for (size_t bound = 0; bound <= BOUNDS; bound++)
        count += atomic_load(&rows[row].by_time[bound]);
    if (count == 0)
        return;
    int64_t below = 0;
    for (size_t bound = 0; bound < BOUNDS; bound++) {
        below += atomic_load(&rows[row].by_time[bound]);
        buf_addf(out, "reprise_http_request_seconds_bucket{method=\"%s\",route=\"%s\",le=\"%g\"} %" PRId64 "\n",
                 method_of(row), pattern_of(row), (double)bounds_us[bound] / US_PER_S, below);
    }
    buf_addf(out,
             "reprise_http_request_seconds_bucket{method=\"%s\",route=\"%s\",le=\"+Inf\"} %" PRId64
             "\nreprise_http_request_seconds_sum{method=\"%s\",route=\"%s\"} %.6f\n"
             "reprise_http_request_seconds_count{method=\"%s\",route=\"%s\"} %" PRId64 "\n",
             method_of(row), pattern_of(row), count, method_of(row), pattern_of(row),
             (double)atomic_load(&rows[row].sum_us) / US_PER_S, method_of(row), pattern_of(row), count);
}

static void write_all(struct buf *out, void (*write)(struct buf *out, size_t row))
{
    for (size_t row = 0; row < route_count(); row++)
        write(out, row);
    write(out, ROUTES_MAX);
}

void traffic_write(struct buf *out)
{
    buf_add_str(out, "# HELP reprise_http_requests_total Requests answered by this dashboard.\n"
                     "# TYPE reprise_http_requests_total counter\n");
    write_all(out, write_counts);
    buf_add_str(out, "# HELP reprise_http_request_seconds Time from a request's first line to the end of its answer.\n"
                     "# TYPE reprise_http_request_seconds histogram\n");
    write_all(out, write_times);
}
