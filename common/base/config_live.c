/*
 * The snapshots form a list, newest first, of which readers see the head alone. None is freed before the end: a reader
 * may be in the middle of a job of minutes, and a reload is a rare act of a person.
 */

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/base/config.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/yaml.h"

/* ---- the file's text, shared with the processes forked later ----------------------------------------------------- */

/* Were each process to read the file for itself, some could find it half written, or already changed again. */
struct config_shared {
    pthread_mutex_t lock; /* between processes; its holder may be killed */
    bool is_there;
    size_t len;
    char bytes[YAML_MAX_BYTES + 1]; /* pages of it that are never written cost nothing */
};

static struct config_shared *config_shared_new(void)
{
    struct config_shared *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_t between_processes;

    if (shared == MAP_FAILED)
        abort(); /* out of memory */
    pthread_mutexattr_init(&between_processes);
    pthread_mutexattr_setpshared(&between_processes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&between_processes, PTHREAD_MUTEX_ROBUST);
    int failed = pthread_mutex_init(&shared->lock, &between_processes);
    assert(!failed);
    pthread_mutexattr_destroy(&between_processes);
    return shared;
}

static void config_shared_drop(struct config_shared *shared)
{
    if (!shared)
        return;
    explicit_bzero(shared->bytes, shared->len); /* it may hold secrets */
    munmap(shared, sizeof *shared);
}

/* Only the parent writes, and readers change nothing: what a dead reader left is whole. */
static void shared_lock(struct config_shared *shared)
{
    if (pthread_mutex_lock(&shared->lock) == EOWNERDEAD)
        pthread_mutex_consistent(&shared->lock);
}

static void config_shared_put(struct config_shared *shared, const struct buf *text)
{
    shared_lock(shared);
    shared->is_there = text;
    shared->len = text ? text->len : 0;
    assert(shared->len < sizeof shared->bytes);
    if (shared->len)
        memcpy(shared->bytes, text->data, shared->len);
    pthread_mutex_unlock(&shared->lock);
}

static bool config_shared_get(struct config_shared *shared, struct buf *text)
{
    shared_lock(shared);
    bool is_there = shared->is_there;
    buf_add(text, shared->bytes, shared->len);
    pthread_mutex_unlock(&shared->lock);
    return is_there;
}

/* ---- snapshots --------------------------------------------------------------------------------------------------- */

struct snapshot {
    struct config config; /* first: a reader's pointer to it is one to the snapshot */
    struct snapshot *before;
};

struct config_live {
    struct snapshot *_Atomic now;
    struct config_sources sources;
    config_check_fn *check;
    struct config_shared *shared;
    pid_t owner; /* the process that reads the file; the others read what it has shared */
};

const struct config *config_now(const struct config_live *live)
{
    return &atomic_load_explicit(&live->now, memory_order_acquire)->config;
}

static enum err read_file(const struct config_live *live, struct buf *text, bool *is_there, struct err_info *error)
{
    if (live->owner == getpid())
        return config_read_file(&live->sources, text, is_there, error);
    *is_there = config_shared_get(live->shared, text);
    return ERR_OK;
}

/* All sources but the file. */
static enum err read_rest(const struct config_live *live, const struct buf *file, struct snapshot **out,
                          struct err_info *error)
{
    struct snapshot *snapshot = mem_zalloc(sizeof *snapshot);
    enum err err = config_read_sources(&snapshot->config, &live->sources, file, error);

    if (err == ERR_OK && live->check) {
        err = live->check(&snapshot->config, error);
        if (err != ERR_OK)
            config_fini(&snapshot->config);
    }
    if (err != ERR_OK) {
        free(snapshot);
        return err;
    }
    *out = snapshot;
    return ERR_OK;
}

static enum err read_all(const struct config_live *live, struct snapshot **out, struct err_info *error)
{
    struct buf text = BUF_INIT;
    bool is_there = false;
    enum err err = read_file(live, &text, &is_there, error);

    if (err == ERR_OK)
        err = read_rest(live, is_there ? &text : NULL, out, error);
    if (err == ERR_OK && live->owner == getpid())
        config_shared_put(live->shared, is_there ? &text : NULL);
    if (text.data)
        explicit_bzero(text.data, text.cap);
    buf_fini(&text);
    return err;
}

enum err config_live_read(struct config_live **out, const char *file, int *argc, char **argv, config_check_fn *check,
                          struct err_info *error)
{
    struct config_live *live = mem_zalloc(sizeof *live);
    struct snapshot *first = NULL;

    live->check = check;
    live->owner = getpid();
    live->shared = config_shared_new();
    config_sources_init(&live->sources, file, *argc, argv);
    enum err err = read_all(live, &first, error);
    if (err != ERR_OK) {
        config_live_drop(live);
        return err;
    }
    config_take_flags(argc, argv);
    atomic_init(&live->now, first);
    *out = live;
    return ERR_OK;
}

void config_live_drop(struct config_live *live)
{
    if (!live)
        return;
    for (struct snapshot *at = atomic_load(&live->now), *before; at; at = before) {
        before = at->before;
        config_fini(&at->config);
        free(at);
    }
    config_sources_fini(&live->sources);
    config_shared_drop(live->shared);
    free(live);
}

/* ---- reload ------------------------------------------------------------------------------------------------------ */

static void tell_change(const struct config_entry *entry, const struct config *before, const struct config *after,
                        config_changed_fn *tell, void *context)
{
    struct buf old = BUF_INIT, new = BUF_INIT;

    config_add_value(before, entry, &old);
    config_add_value(after, entry, &new);
    tell(&(struct config_change){entry->name, old.data, new.data, config_origin(after, entry), entry->reloadable},
         context);
    buf_fini(&old);
    buf_fini(&new);
}

enum err config_live_reload(struct config_live *live, config_changed_fn *tell, void *context, struct err_info *error)
{
    struct snapshot *now = atomic_load_explicit(&live->now, memory_order_relaxed), *fresh = NULL;
    bool is_new = false;
    enum err err = read_all(live, &fresh, error);

    if (err != ERR_OK)
        return err;
    for (const struct config_entry *entry = config_entries(); entry->name; entry++) {
        if (config_is_same(&now->config, &fresh->config, entry))
            continue;
        tell_change(entry, &now->config, &fresh->config, tell, context);
        if (entry->reloadable)
            is_new = true;
        else
            config_keep(&fresh->config, &now->config, entry);
    }
    if (!is_new) {
        config_fini(&fresh->config);
        free(fresh);
        return ERR_OK;
    }
    fresh->before = now;
    atomic_store_explicit(&live->now, fresh, memory_order_release);
    return ERR_OK;
}

/* ---- SIGHUP ------------------------------------------------------------------------------------------------------ */

static void log_change(const struct config_change *change, void *context)
{
    int *count = context;

    (*count)++;
    if (change->taken)
        log_info("%s was %s and is %s now (%s)", change->name, change->before, change->after, change->origin);
    else
        log_warn("%s stays %s until a restart; then it is %s (%s)", change->name, change->before, change->after,
                 change->origin);
}

static void count_change(const struct config_change *change, void *context)
{
    int *count = context;

    (void)change;
    (*count)++;
}

bool config_live_hang_up(struct config_live *live, enum config_telling telling)
{
    const struct config *old = config_now(live);
    struct err_info error;
    int count = 0;

    /* A person who sends SIGHUP wants an answer, also where the level is above info. */
    if (strcmp(old->log_level, "debug"))
        log_set_level("info");
    enum err err = config_live_reload(live, telling == CONFIG_TELL ? log_change : count_change, &count, &error);
    if (err != ERR_OK)
        log_error("the settings stay as they were, for what is there now cannot be used: %s", error.text);
    else if (telling == CONFIG_TELL && !count)
        log_info("the settings were read again; none has changed");
    else if (telling == CONFIG_TELL_BRIEFLY && config_now(live) != old)
        log_info("the changed settings count here now");
    log_set_level(config_now(live)->log_level);
    return !err;
}
