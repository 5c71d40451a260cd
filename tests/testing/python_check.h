/* Holds what our code computed against what Python says: lines for a script to check. */
#ifndef REPRISE_TESTING_PYTHON_CHECK_H
#define REPRISE_TESTING_PYTHON_CHECK_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct python_check {
    FILE *lines;
    char path[64];
};

/* REPRISE_TEST_SEED if set, else the time; printed, so that a failure can be repeated. */
uint64_t python_check_seed(void);
struct python_check python_check_begin(void);
/* Adds `kind`, a space, and the bytes in hex with an x before them: a word also where there is none. */
void python_check_add(FILE *lines, const char *kind, const char *bytes, size_t len);
/* Runs the script (its path from the checkout's root) on the lines; fails the test where it does. */
void python_check_end(struct python_check *check, const char *script);

#endif
