/* What tests of all boxes share: files, a directory of their own, the sample data beside the checkout. */
#ifndef REPRISE_TESTING_TESTING_H
#define REPRISE_TESTING_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants the four above before it. */
#include <cmocka.h>

#include "common/base/buf.h"

/* The path of a file of this checkout, given from its root; the caller frees it. */
char *testing_source_path(const char *path);
/* Appends the whole file to `out`; fails the test if it cannot be read. */
void testing_read_file(const char *path, struct buf *out);
void testing_write_file(const char *path, const char *bytes, size_t len);

/* A cmocka setup and its teardown: a fresh directory, whose path becomes `*state`, removed with all it holds. */
int testing_dir_setup(void **state);
int testing_dir_teardown(void **state);
/* `dir` + "/" + `name`; the caller frees it. */
char *testing_join(const char *dir, const char *name);

#define TESTING_SKIPPED 77 /* what CTest takes for "skipped" */

/* The directory of the sample data; NULL, after saying so, where this checkout has none beside it. */
const char *testing_shared_data(void);
/* The exit code of a program of which all tests need the sample data: without them it is skipped, and CTest says so.
 * What needs none belongs into another program. */
#define testing_run_with_shared_data(tests)                                                                            \
    (testing_shared_data() == NULL ? TESTING_SKIPPED : cmocka_run_group_tests(tests, NULL, NULL))

#endif
