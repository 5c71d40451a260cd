/*
 * The fault points of a program, found through the section into which the linker gathers them (fault.h). A passage is
 * counted only where REPRISE_FAULT names a point: a program that runs for people pays one load. A point acts with the
 * system's bare means (kill, _exit, nanosleep) and must not allocate or take a lock, since it may stand anywhere.
 */
#include "common/base/fault.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/mem.h"

#define FAULT_EXIT_CODE 9
#define ORDERS_MAX 16
#define STALL_MAX_MS 600000

/* The linker makes these two from the section's name; weak, as a program without a point has no such section. */
extern const struct fault_point *const __start_fault_points[] __attribute__((weak));
extern const struct fault_point *const __stop_fault_points[] __attribute__((weak));

/* What REPRISE_FAULT asks for at one point. */
struct order {
    const char *name; /* the point's own */
    uint32_t passage; /* from 1 */
    _Atomic uint32_t passed;
    void (*act)(long ms);
    long ms;
};

atomic_bool fault_armed;
static struct order orders[ORDERS_MAX];
static size_t order_count;
static const char *log_path;
static atomic_bool *logged; /* one for each entry of the section */

static size_t entry_count(void)
{
    if (__start_fault_points == NULL)
        return 0;
    return (size_t)(__stop_fault_points - __start_fault_points);
}

/* A point may stand in several places: the first entry of that name stands for all. */
static size_t first_entry(const char *name)
{
    size_t i = 0;
    while (i < entry_count() && strcmp(__start_fault_points[i]->name, name) != 0)
        i++;
    return i;
}

static void act_kill(long ms)
{
    (void)ms;
    kill(getpid(), SIGKILL);
}

static void act_stop(long ms)
{
    (void)ms;
    kill(getpid(), SIGSTOP);
}

static void act_abort(long ms)
{
    (void)ms;
    abort();
}

static void act_exit(long ms)
{
    (void)ms;
    _exit(FAULT_EXIT_CODE);
}

static void act_stall(long ms)
{
    struct timespec left = {ms / 1000, ms % 1000 * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}

static const struct {
    const char *name;
    void (*act)(long ms);
} actions[] = {{"kill", act_kill}, {"stop", act_stop}, {"abort", act_abort}, {"exit", act_exit}};

/* A whole decimal number from `least` to `most`; false otherwise. */
static bool read_number(const char *text, long least, long most, long *number)
{
    char *end = NULL;
    errno = 0;
    *number = strtol(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && *number >= least && *number <= most;
}

static bool read_action(const char *text, struct order *order)
{
    if (strncmp(text, "ms=", 3) == 0) {
        order->act = act_stall;
        return read_number(text + 3, 0, STALL_MAX_MS, &order->ms);
    }
    for (size_t i = 0; i < sizeof actions / sizeof(actions[0]); i++) {
        if (strcmp(text, actions[i].name) == 0) {
            order->act = actions[i].act;
            return true;
        }
    }
    return false;
}

/* One "name:passage:action"; cuts `text` up. */
static enum err read_order(char *text, struct order *order, struct err_info *error)
{
    char *rest = text;
    const char *name = strsep(&rest, ":"), *passage = strsep(&rest, ":");
    long number = 0;
    if (passage == NULL || rest == NULL || !read_number(passage, 1, INT32_MAX, &number) || !read_action(rest, order))
        return err_set(error, ERR_USAGE,
                       "REPRISE_FAULT is malformed at \"%.100s\": expected name:passage:action, where the action is "
                       "kill, stop, abort, exit or ms=N",
                       name);
    size_t entry = first_entry(name);
    if (entry == entry_count())
        return err_set(error, ERR_USAGE, "REPRISE_FAULT names no fault point of this program: \"%.100s\"", name);
    order->name = __start_fault_points[entry]->name;
    order->passage = (uint32_t)number;
    atomic_store(&order->passed, 0);
    return ERR_OK;
}

static enum err read_orders(const char *value, struct err_info *error)
{
    char *copy = mem_strdup(value), *rest = copy;
    enum err err = ERR_OK;
    while (rest != NULL && err == ERR_OK) {
        char *text = strsep(&rest, ",");
        if (order_count == ORDERS_MAX)
            err = err_set(error, ERR_USAGE, "REPRISE_FAULT asks for more than %d faults", ORDERS_MAX);
        else
            err = read_order(text, &orders[order_count], error);
        if (err == ERR_OK)
            order_count++;
    }
    free(copy);
    return err;
}

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

enum err fault_init(struct err_info *error)
{
    atomic_store(&fault_armed, false);
    order_count = 0;
    const char *value = variable("REPRISE_FAULT");
    if (value != NULL) {
        enum err err = read_orders(value, error);
        if (err != ERR_OK) {
            order_count = 0;
            return err;
        }
    }
    log_path = variable("REPRISE_FAULT_LOG");
    free(logged);
    logged = log_path != NULL ? mem_array(entry_count(), sizeof(*logged)) : NULL;
    atomic_store(&fault_armed, value != NULL || log_path != NULL);
    return ERR_OK;
}

/* Appended before the point acts, as it may not come back. A file that cannot be written is a broken test: say so. */
static void log_passage(const struct fault_point *point)
{
    size_t entry = first_entry(point->name);
    assert(entry < entry_count());
    if (atomic_exchange(&logged[entry], true))
        return;
    char line[128];
    int len = snprintf(line, sizeof line, "%s\n", point->name);
    assert(len > 0 && (size_t)len < sizeof line);
    int fd = open(log_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, line, (size_t)len) != len)
        perror("REPRISE_FAULT_LOG");
    if (fd >= 0)
        close(fd);
}

void fault_hit(const struct fault_point *point)
{
    int kept_errno = errno;
    if (log_path != NULL)
        log_passage(point);
    for (size_t i = 0; i < order_count; i++) {
        struct order *order = &orders[i];
        if (strcmp(order->name, point->name) == 0 && atomic_fetch_add(&order->passed, 1) + 1 == order->passage)
            order->act(order->ms);
    }
    errno = kept_errno;
}

void fault_each(void (*visit)(const char *name, void *context), void *context)
{
    for (size_t i = 0; i < entry_count(); i++)
        if (first_entry(__start_fault_points[i]->name) == i)
            visit(__start_fault_points[i]->name, context);
}

void fault_disarm(void)
{
    order_count = 0;
}
