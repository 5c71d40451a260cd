/*
 * bench_similarity: the five best of each run, among made-up ones, on so many threads.
 *
 *   bench_similarity RUNS ASKED THREADS REWORDED    asks for ASKED of RUNS runs, spread evenly; REWORDED percent of the
 *                                                   texts are earlier ones worded again, the others have nothing in
 *                                                   common but the words that all texts share
 *   bench_similarity RUNS texts 0 REWORDED          prints the texts themselves, a JSON string to a line
 *
 * Prints {"seconds": …, "cpu_seconds": …, "asked": …, "counted": …, "compared": …, "index_bytes": …, "digest": …}; the
 * last is of all answers, so that two builds can be held against each other.
 */
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/base/json.h"
#include "common/base/mem.h"
#include "common/history/similarity.h"
#include "tests/testing/request_texts.h"

#define SEED 20260108
#define THREADS_MAX 64
#define COST_MEDIAN_NUSD 8e8
#define DURATION_MEDIAN_S 400.0
#define SPREAD 1.0

struct corpus {
    struct request_texts *texts;
    struct buf *written;
    size_t count;
};

struct work {
    const struct similarity *index;
    size_t asked;
    atomic_size_t next, counted, compared;
    _Atomic uint64_t digest;
};

/* ---- runs -------------------------------------------------------------------------------------------------------- */

static void write_texts(struct corpus *corpus, size_t reworded)
{
    for (size_t n = 0; n < corpus->count; n++) {
        corpus->written[n] = BUF_INIT;
        if (n > 0 && request_texts_pick(corpus->texts, 100) < reworded)
            request_texts_add_variant(corpus->texts, corpus->written[request_texts_pick(corpus->texts, n)].data,
                                      &corpus->written[n]);
        if (corpus->written[n].len == 0)
            request_texts_add(corpus->texts, &corpus->written[n]);
    }
}

/* Irwin and Hall: the sum of twelve uniform numbers is near enough to a normal one. */
static double draw_normal(struct request_texts *texts)
{
    double sum = -6;
    for (int n = 0; n < 12; n++)
        sum += request_texts_share(texts);
    return sum;
}

/* Costs and durations spread over orders of magnitude and go with each other; four runs of five are completed. */
static struct similarity_run draw_run(struct corpus *corpus, size_t n)
{
    double size = draw_normal(corpus->texts) * SPREAD;
    return (struct similarity_run){
        .id = (int64_t)n + 1,
        .text = corpus->written[n].data,
        .len = corpus->written[n].len,
        .status = request_texts_pick(corpus->texts, 5) > 0 ? 0 : 1 + (int)request_texts_pick(corpus->texts, 2),
        .cost_nusd = (int64_t)(COST_MEDIAN_NUSD * exp(size)),
        .duration_s = floor(DURATION_MEDIAN_S * exp(0.7 * size + 0.5 * draw_normal(corpus->texts))),
    };
}

static struct similarity *make_index(struct corpus *corpus)
{
    struct similarity *index = similarity_new();
    for (size_t n = 0; n < corpus->count; n++) {
        struct similarity_run run = draw_run(corpus, n);
        similarity_add(index, &run);
    }
    similarity_seal(index);
    return index;
}

/* ---- questions --------------------------------------------------------------------------------------------------- */

/* Order does not matter to the sum, so threads may answer in any. */
static uint64_t digest_of(int64_t id, const struct similarity_list *list)
{
    uint64_t sum = (uint64_t)id;
    for (size_t i = 0; i < list->count; i++) {
        uint64_t bits;
        memcpy(&bits, &list->best[i].score, sizeof(bits));
        sum = (sum ^ bits ^ (uint64_t)list->best[i].id) * UINT64_C(0xBF58476D1CE4E5B9);
        sum ^= sum >> 31;
    }
    return sum;
}

static void *ask(void *argument)
{
    struct work *work = argument;
    struct similarity_reader *reader = similarity_reader_new(work->index);
    size_t count = similarity_count(work->index), n;
    while ((n = atomic_fetch_add(&work->next, 1)) < work->asked) {
        int64_t id = similarity_id(work->index, n * count / work->asked);
        struct similarity_list list;
        if (!similarity_best(reader, id, &list))
            abort();
        atomic_fetch_add(&work->digest, digest_of(id, &list));
    }
    struct similarity_effort effort = similarity_reader_effort(reader);
    atomic_fetch_add(&work->counted, effort.counted);
    atomic_fetch_add(&work->compared, effort.compared);
    similarity_reader_drop(reader);
    return NULL;
}

static double cpu_seconds(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static double run_threads(struct work *work, size_t threads)
{
    pthread_t ids[THREADS_MAX];
    int64_t begun_us = clock_mono_us();
    for (size_t n = 0; n < threads; n++)
        if (pthread_create(&ids[n], NULL, ask, work) != 0)
            abort();
    for (size_t n = 0; n < threads; n++)
        pthread_join(ids[n], NULL);
    return (double)(clock_mono_us() - begun_us) / 1e6;
}

static void measure(struct corpus *corpus, size_t asked, size_t threads)
{
    struct similarity *index = make_index(corpus);
    struct work work = {.index = index, .asked = asked};
    double cpu_before = cpu_seconds(), seconds = run_threads(&work, threads);
    printf("{\"seconds\": %.6f, \"cpu_seconds\": %.6f, \"asked\": %zu, \"counted\": %zu, \"compared\": %zu, "
           "\"index_bytes\": %zu, "
           "\"digest\": \"%016" PRIx64 "\"}\n",
           seconds, cpu_seconds() - cpu_before, asked, work.counted, work.compared, similarity_bytes(index),
           work.digest);
    similarity_drop(index);
}

static void print_texts(const struct corpus *corpus)
{
    struct buf line = BUF_INIT;
    for (size_t n = 0; n < corpus->count; n++) {
        buf_reset(&line);
        json_add_string(&line, corpus->written[n].data, corpus->written[n].len);
        puts(line.data);
    }
    buf_fini(&line);
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: %s RUNS ASKED|texts THREADS REWORDED\n", argv[0]);
        return 2;
    }
    size_t asked = strtoul(argv[2], NULL, 10), threads = strtoul(argv[3], NULL, 10);
    struct corpus corpus = {.texts = request_texts_new(SEED), .count = strtoul(argv[1], NULL, 10)};
    if (threads > THREADS_MAX || asked > corpus.count)
        return 2;
    corpus.written = mem_array(corpus.count, sizeof(*corpus.written));
    write_texts(&corpus, strtoul(argv[4], NULL, 10));
    if (strcmp(argv[2], "texts") == 0)
        print_texts(&corpus);
    else
        measure(&corpus, asked, threads);
    for (size_t n = 0; n < corpus.count; n++)
        buf_fini(&corpus.written[n]);
    free(corpus.written);
    request_texts_drop(corpus.texts);
    return 0;
}
