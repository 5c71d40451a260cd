/*
 * Counters for metrics, static in the process and atomic, so that any thread may count without a lock. The heartbeat
 * writes them as JSON; dashboard/metrics.c reads that and shows it as Prometheus' text. Histograms keep a count for
 * each bound. Nothing decides by these counts.
 */
#include "worker/counts.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>

#include "common/kinds/kinds.h"

#define KINDS_MAX 32
#define CLASSES 6 /* of a status: its first digit; 0 = no answer */

/* dashboard/metrics.c writes the same bounds. */
static const int64_t bounds_us[] = {1000, 5000, 10000, 50000, 100000, 500000, 1000000, 5000000, 30000000, 300000000};
#define BOUNDS (sizeof bounds_us / sizeof *bounds_us)

static const char *const time_names[COUNTS_TIMES] = {"chunk", "settle"};

static struct {
    atomic_int_least64_t outcomes[KINDS_MAX][OUTCOMES_FINAL], retries[ERR_COUNT], deliveries[CLASSES], lag_us;
    struct {
        atomic_int_least64_t buckets[BOUNDS + 1], sum_us;
    } times[COUNTS_TIMES];
} counts;

static void add(atomic_int_least64_t *count, int64_t n)
{
    atomic_fetch_add_explicit(count, n, memory_order_relaxed);
}

static int64_t get(atomic_int_least64_t *count)
{
    return atomic_load_explicit(count, memory_order_relaxed);
}

void counts_settled(const char *kind, const struct job_result *results, size_t count)
{
    int64_t by_outcome[OUTCOMES_FINAL] = {0};
    size_t row = 0;
    while (row < kinds.count && row < KINDS_MAX && strcmp(kinds.kinds[row].name, kind) != 0)
        row++;
    if (row == kinds.count || row == KINDS_MAX)
        return;
    for (size_t i = 0; i < count; i++)
        for (int o = 0; o < OUTCOMES_FINAL; o++)
            by_outcome[o] += results[i].outcome == (enum outcome)(OUTCOME_SUCCEEDED + o);
    for (int o = 0; o < OUTCOMES_FINAL; o++)
        add(&counts.outcomes[row][o], by_outcome[o]);
}

void counts_retry(enum err class)
{
    add(&counts.retries[class], 1);
}

void counts_delivery(int status)
{
    add(&counts.deliveries[status / 100 < CLASSES && status > 0 ? status / 100 : 0], 1);
}

void counts_took(enum counts_time what, int64_t us)
{
    size_t bound = 0;
    while (bound < BOUNDS && us > bounds_us[bound])
        bound++;
    add(&counts.times[what].buckets[bound], 1);
    add(&counts.times[what].sum_us, us);
}

void counts_lag(int64_t us)
{
    atomic_store_explicit(&counts.lag_us, us, memory_order_relaxed);
}

/* ---- as JSON --------------------------------------------------------------------------------------------------- */

static void write_outcomes(struct buf *out)
{
    const char *before = "";
    buf_add_str(out, "\"outcomes\":{");
    for (size_t row = 0; row < kinds.count && row < KINDS_MAX; row++) {
        buf_addf(out, "%s\"%s\":{", before, kinds.kinds[row].name);
        for (int o = 0; o < OUTCOMES_FINAL; o++)
            buf_addf(out, "%s\"%s\":%" PRId64, o == 0 ? "" : ",", outcome_words[o], get(&counts.outcomes[row][o]));
        buf_add_char(out, '}');
        before = ",";
    }
    buf_add_char(out, '}');
}

static void write_retries(struct buf *out)
{
    const char *before = "";
    buf_add_str(out, ",\"retries\":{");
    for (int class = 0; class < ERR_COUNT; class ++) {
        if (get(&counts.retries[class]) == 0)
            continue;
        buf_addf(out, "%s\"%s\":%" PRId64, before, err_name((enum err) class), get(&counts.retries[class]));
        before = ",";
    }
    buf_add_char(out, '}');
}

static void write_deliveries(struct buf *out)
{
    buf_add_str(out, ",\"deliveries\":{");
    for (int class = 0; class < CLASSES; class ++) {
        if (class == 0)
            buf_add_str(out, "\"none\":");
        else
            buf_addf(out, ",\"%dxx\":", class);
        buf_add_int(out, get(&counts.deliveries[class]));
    }
    buf_add_char(out, '}');
}

static void write_time(struct buf *out, int what)
{
    buf_addf(out, ",\"%s\":{\"buckets\":[", time_names[what]);
    for (size_t bound = 0; bound <= BOUNDS; bound++)
        buf_addf(out, "%s%" PRId64, bound == 0 ? "" : ",", get(&counts.times[what].buckets[bound]));
    buf_addf(out, "],\"sum_us\":%" PRId64 "}", get(&counts.times[what].sum_us));
}

void counts_write(struct buf *out)
{
    buf_add_char(out, '{');
    write_outcomes(out);
    write_retries(out);
    write_deliveries(out);
    for (int what = 0; what < COUNTS_TIMES; what++)
        write_time(out, what);
    buf_addf(out, ",\"loop_lag_us\":%" PRId64 "}", get(&counts.lag_us));
}
