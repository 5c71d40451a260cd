/*
 * Named fault points. Tests make the process die, stall or fail exactly there: REPRISE_FAULT="settle.sent:3:kill" acts
 * at the third passage. Actions: kill (SIGKILL itself), stop (SIGSTOP itself), abort (SIGABRT), exit (_exit 9), and
 * "ms=N" (sleep). Without the variable a passage costs one load. Every point is listed by `worker --fault-points`, so
 * that the sweep of the chaos tests finds them by itself and notices one that is never reached.
 */
#ifndef REPRISE_BASE_FAULT_H
#define REPRISE_BASE_FAULT_H

#include <stdatomic.h>
#include <stdbool.h>

#include "common/base/err.h"

struct fault_point {
    const char *name; /* "room.event", lower case */
};

extern atomic_bool fault_armed;
void fault_hit(const struct fault_point *point);

/* The linker gathers the points of a program in one section; fault_each walks it. */
#define FAULT_POINT(point_name)                                                                                        \
    do {                                                                                                               \
        static const struct fault_point fault_here_ = {point_name};                                                    \
        static const struct fault_point *const fault_entry_ __attribute__((section("fault_points"), used)) =           \
            &fault_here_;                                                                                              \
        if (atomic_load_explicit(&fault_armed, memory_order_relaxed))                                                  \
            fault_hit(fault_entry_);                                                                                   \
    } while (0)

/* Reads REPRISE_FAULT (several, separated by commas). ERR_USAGE where it is malformed or names no point. With
 * REPRISE_FAULT_LOG set, each point's first passage appends its name to that file. */
MUST_CHECK enum err fault_init(struct err_info *error);
/* From here on no point acts: a process that is started again must not die at the same place each time. */
void fault_disarm(void);
void fault_each(void (*visit)(const char *name, void *context), void *context);

#endif
