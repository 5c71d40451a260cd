/* Progress in words and as a bar. */
#include <string.h>

#include "producer/progress_text.h"
#include "tests/testing/testing.h"

static struct progress halfway(void)
{
    return (struct progress){
        .state = OP_RUNNING,
        .phase = 1,
        .phases = 1,
        .planned = true,
        .total = 10000,
        .succeeded = 4997,
        .failed = 3,
        .elapsed_ms = 5000,
        .rate = 1000,
    };
}

static void expect_bar(const struct progress *progress, size_t width, const char *expected)
{
    struct buf text = BUF_INIT;
    progress_bar(progress, width, &text);
    assert_string_equal(text.data, expected);
    buf_fini(&text);
}

static void expect_sentence(const struct progress *progress, const char *expected)
{
    struct buf text = BUF_INIT;
    progress_sentence(progress, &text);
    assert_string_equal(text.data, expected);
    buf_fini(&text);
}

static void a_bar_fills_the_line_that_there_is(void **state)
{
    (void)state;
    struct progress progress = halfway();
    expect_bar(&progress, 120,
               "[####################--------------------]  50 %  5,000 of 10,000  1,000/s  5 s left  3 failed");
    expect_bar(&progress, 66, "[######------]  50 %  5,000 of 10,000  1,000/s  5 s left  3 failed");
    expect_bar(&progress, 30, "[#####-----]  50 %  5,000 of 1");
}

static void what_is_not_known_is_not_said(void **state)
{
    (void)state;
    struct progress progress = halfway();
    progress.rate = -1;
    expect_sentence(&progress, "running: 5,000 of 10,000 jobs done, 3 failed");
    progress.rate = 1000;
    progress.planned = false; /* the total still grows */
    expect_sentence(&progress, "running: 5,000 of 10,000+ jobs done, 1,000/s, 3 failed");
}

/* Of one job the files are counted, so that there is something to see. */
static void of_one_job_the_files_are_told(void **state)
{
    (void)state;
    struct progress progress = halfway();
    progress.total = 1;
    progress.succeeded = progress.failed = 0;
    progress.rate = 200;
    expect_sentence(&progress, "running: 0 of 1 jobs done, 200/s, about 1 s left");
    progress.all_files = 4000;
    progress.files = 1000;
    expect_sentence(&progress, "running: 1,000 of 4,000 files done, 200/s, about 15 s left");
    expect_bar(&progress, 66, "[####--------------]  25 %  1,000 of 4,000 files  200/s  15 s left");
    progress.state = OP_COMPLETED;
    progress.succeeded = 1;
    expect_sentence(&progress, "completed: 1 of 1 jobs done");
}

static void an_ended_operation_has_neither_rate_nor_time_left(void **state)
{
    (void)state;
    struct progress progress = halfway();
    progress.state = OP_CANCELLED;
    progress.cancelled_jobs = 5000;
    progress.phases = 2;
    expect_sentence(&progress, "cancelled: 5,000 of 10,000 jobs done, 3 failed, 5000 cancelled, phase 1 of 2");
    progress.cancelled_jobs = 2000; /* while it runs they are not waited for */
    progress.state = OP_RUNNING;
    expect_sentence(&progress, "running: 5,000 of 10,000 jobs done, 1,000/s, about 3 s left, 3 failed, 2000 cancelled, "
                               "phase 1 of 2");
    progress.cancelled_jobs = 5000;
    progress.state = OP_CANCELLED;
    expect_bar(&progress, 40, "[#####-----]  50 %  5,000 of 10,000  3 f");
}

static void nothing_to_do_is_all_done(void **state)
{
    (void)state;
    struct progress progress = {.state = OP_COMPLETED, .phase = 1, .phases = 1, .planned = true, .rate = -1};
    expect_bar(&progress, 40, "[#############] 100 %  0 of 0  completed");
    progress.state = OP_RUNNING;
    expect_bar(&progress, 40, "[------------------------]   0 %  0 of 0");
}

static void slow_work_is_told_per_minute(void **state)
{
    (void)state;
    struct progress progress = halfway();
    progress.failed = 0;
    progress.rate = 0.05;
    expect_sentence(&progress, "running: 4,997 of 10,000 jobs done, 3.0/min, about 1 d 3 h left");
    progress.rate = 2.5;
    expect_sentence(&progress, "running: 4,997 of 10,000 jobs done, 2.5/s, about 33 m 22 s left");
}

static void the_rate_is_that_of_the_last_seconds(void **state)
{
    (void)state;
    struct progress_rate rate = {0};
    assert_true(progress_rate_add(&rate, 1000, 0) < 0);
    assert_true(progress_rate_add(&rate, 1000, 5) < 0); /* no time has passed */
    double seen = 0;
    for (int64_t i = 1; i <= 20; i++)
        seen = progress_rate_add(&rate, 1000 + i * 500, (double)i * 50);
    assert_true(seen > 99.9 && seen < 100.1);
    for (int64_t i = 21; i <= 60; i++) /* it stands still: what was long ago is forgotten */
        seen = progress_rate_add(&rate, 1000 + i * 500, 1000);
    assert_true(seen > -0.1 && seen < 0.1);
}

/* Two of three were quick, and the third has ten times as many files as both: their speed says nothing of it. */
static void a_long_job_counts_while_it_runs(void **state)
{
    (void)state;
    struct progress progress = halfway();
    struct progress_jobs seen = {0};
    progress.total = 3;
    progress.succeeded = 2;
    progress.failed = 0;
    progress.rate = 1;
    progress_jobs_add(&seen, 1000, &(struct progress_job){3, 10, 4000}, 1, &progress);
    expect_sentence(&progress, "running: 2 of 3 jobs done, 1.0/s, about 1 s left, 10 of 4,000 files under way");
    progress_jobs_add(&seen, 11000, &(struct progress_job){3, 410, 4000}, 1, &progress);
    expect_sentence(&progress, "running: 2 of 3 jobs done, 1.0/s, about 1 m 30 s left, 410 of 4,000 files under way");
    expect_bar(&progress, 80, "[########----]  70 %  2 of 3  1.0/s  1 m 30 s left  410 of 4,000 files under way");
    const struct progress_job others[] = {{3, 2000, 4000}, {4, 5, 10}};
    progress_jobs_add(&seen, 12000, others, 2, &progress);
    assert_true(progress_done(&progress) > 2.999 && progress_done(&progress) < 3.001);
    progress_jobs_add(&seen, 13000, NULL, 0, &progress);
    assert_true(progress_done(&progress) < 2.001);
    assert_int_equal(progress.slowest_left_ms, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bar_fills_the_line_that_there_is),
        cmocka_unit_test(what_is_not_known_is_not_said),
        cmocka_unit_test(of_one_job_the_files_are_told),
        cmocka_unit_test(an_ended_operation_has_neither_rate_nor_time_left),
        cmocka_unit_test(nothing_to_do_is_all_done),
        cmocka_unit_test(a_long_job_counts_while_it_runs),
        cmocka_unit_test(slow_work_is_told_per_minute),
        cmocka_unit_test(the_rate_is_that_of_the_last_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
