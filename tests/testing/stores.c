/*
 * A private pair is a child, `private-stores.sh run`, that ends when our end of the pipe to it is closed: that happens
 * even if this process is killed. Asking for a restart is a line through that pipe; "ready" comes back through another.
 */
#include "tests/testing/stores.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/crypto.h"
#include "common/base/ids.h"
#include "common/base/mem.h"
#include "tests/testing/testing.h"

#define EXIT_SKIPPED 77
#define RANDOM_BYTES 6
#define DATABASE_OF_SCRIPT "/reprise?"

struct stores {
    char *dir, *postgres_url, *redis_url, *prefix;
    char *database; /* ours in a shared pair; NULL = the pair is private: */
    pid_t script;
    int to, from;
};

static void give_up(const char *what)
{
    fprintf(stderr, "stores: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

/* ---- the script ------------------------------------------------------------------------------------------ */

/* Forks and runs the script; in and out become its stdin and stdout where they are not -1. */
static pid_t spawn_script(const char *const *arguments, int in, int out)
{
    char *path = testing_source_path("scripts/private-stores.sh");
    const char *argv[8] = {path};
    for (size_t i = 0; arguments[i]; i++) {
        assert(i + 2 < sizeof argv / sizeof *argv);
        argv[i + 1] = arguments[i];
    }
    pid_t parent = getpid();
    pid_t child = fork();
    if (child < 0)
        give_up("fork");
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        bool ready = getppid() == parent && (in < 0 || dup2(in, STDIN_FILENO) >= 0) &&
                     (out < 0 || dup2(out, STDOUT_FILENO) >= 0);
        if (ready)
            execv(path, (char *const *)(uintptr_t)argv);
        _exit(EXIT_FAILURE);
    }
    free(path);
    return child;
}

/* Ends this program as the script did, unless that was well. */
static void await_script(pid_t script)
{
    int status;
    while (waitpid(script, &status, 0) < 0) {
        if (errno != EINTR)
            give_up("waitpid");
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS)
        return;
    fprintf(stderr, "stores: private-stores.sh did not do its work\n");
    exit(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SKIPPED ? EXIT_SKIPPED : EXIT_FAILURE);
}

static void run_script(const char *command, const char *dir, const char *name)
{
    const char *arguments[] = {command, dir, name, NULL};
    await_script(spawn_script(arguments, -1, -1));
}

static void await_ready(struct stores *stores)
{
    char line[] = "ready\n";
    char got[sizeof line] = "";
    size_t len = 0;
    while (len < strlen(line)) {
        ssize_t part = read(stores->from, got + len, strlen(line) - len);
        if (part < 0 && errno == EINTR)
            continue;
        if (part <= 0) {
            await_script(stores->script); /* which ends this program with the script's reason, as a rule */
            give_up("private-stores.sh ended without a word");
        }
        len += (size_t)part;
    }
    assert(strcmp(got, line) == 0);
}

static void start_pair(struct stores *stores, enum stores_kind kind)
{
    char dir[] = "/tmp/rp-XXXXXX"; /* short: it goes into the paths of sockets */
    int to[2], from[2];
    if (!mkdtemp(dir) || pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0)
        give_up("private stores");
    stores->dir = mem_strdup(dir);
    const char *arguments[] = {"run", dir, kind == STORES_DURABLE ? "--durable" : NULL, NULL};
    stores->script = spawn_script(arguments, to[0], from[1]);
    close(to[0]);
    close(from[1]);
    stores->to = to[1];
    stores->from = from[0];
    await_ready(stores);
}

/* ---- what the script says -------------------------------------------------------------------------------- */

/* The value of `export NAME='value'` in DIR/env; the caller frees it. */
static char *exported(const char *dir, const char *name)
{
    char *path = testing_join(dir, "env");
    struct buf text = BUF_INIT;
    testing_read_file(path, &text);
    char pattern[64];
    snprintf(pattern, sizeof pattern, "export %s='", name);
    const char *found = strstr(text.data, pattern);
    assert(found);
    found += strlen(pattern);
    char *value = mem_strndup(found, strcspn(found, "'"));
    buf_fini(&text);
    free(path);
    return value;
}

/* The script's database replaced by ours. */
static char *url_of_database(const char *url, const char *database)
{
    const char *place = strstr(url, DATABASE_OF_SCRIPT);
    assert(place);
    struct buf out = BUF_INIT;
    buf_add(&out, url, (size_t)(place - url));
    buf_addf(&out, "/%s?%s", database, place + strlen(DATABASE_OF_SCRIPT));
    return buf_take(&out);
}

static char *random_name(void)
{
    uint8_t bytes[RANDOM_BYTES];
    char hex[2 * RANDOM_BYTES + 1];
    id_random(bytes, sizeof bytes);
    crypto_hex(bytes, sizeof bytes, hex);
    struct buf name = BUF_INIT;
    buf_addf(&name, "test_%s", hex);
    return buf_take(&name);
}

static struct stores *blank_stores(const char *name)
{
    struct stores *stores = mem_zalloc(sizeof *stores);
    struct buf prefix = BUF_INIT;
    buf_addf(&prefix, "{%s}", name);
    stores->prefix = buf_take(&prefix);
    stores->to = stores->from = -1;
    return stores;
}

/* ---- life ------------------------------------------------------------------------------------------------ */

struct stores *stores_new_private(enum stores_kind kind)
{
    char *name = random_name();
    struct stores *stores = blank_stores(name);
    free(name);
    start_pair(stores, kind);
    stores->postgres_url = exported(stores->dir, "REPRISE_POSTGRES_URL");
    stores->redis_url = exported(stores->dir, "REPRISE_REDIS_URL");
    return stores;
}

struct stores *stores_new(void)
{
    const char *dir = getenv("REPRISE_TEST_STORES");
    if (!dir || !*dir)
        return stores_new_private(STORES_FAST);
    char *name = random_name();
    run_script("createdb", dir, name);
    struct stores *stores = blank_stores(name);
    char *url = exported(dir, "REPRISE_POSTGRES_URL");
    stores->dir = mem_strdup(dir);
    stores->database = name;
    stores->postgres_url = url_of_database(url, name);
    stores->redis_url = exported(dir, "REPRISE_REDIS_URL");
    free(url);
    return stores;
}

void stores_drop(struct stores *stores)
{
    if (!stores)
        return;
    if (stores->database) {
        run_script("dropdb", stores->dir, stores->database);
    } else {
        close(stores->to);
        await_script(stores->script);
        close(stores->from);
    }
    free(stores->dir);
    free(stores->postgres_url);
    free(stores->redis_url);
    free(stores->prefix);
    free(stores->database);
    free(stores);
}

const char *stores_postgres_url(const struct stores *stores)
{
    return stores->postgres_url;
}

const char *stores_redis_url(const struct stores *stores)
{
    return stores->redis_url;
}

const char *stores_prefix(const struct stores *stores)
{
    return stores->prefix;
}

const char *stores_dir(const struct stores *stores)
{
    return stores->dir;
}

/* ---- ending and starting the servers --------------------------------------------------------------------- */

pid_t stores_pid(const struct stores *stores, enum store store)
{
    assert(!stores->database);
    char *path = testing_join(stores->dir, store == STORE_REDIS ? "redis.pid" : "postgres.pid");
    struct buf text = BUF_INIT;
    testing_read_file(path, &text);
    long pid = strtol(text.data, NULL, 10);
    assert(pid > 1);
    buf_fini(&text);
    free(path);
    return (pid_t)pid;
}

void stores_end(struct stores *stores, enum store store, int signal)
{
    pid_t pid = stores_pid(stores, store);
    int handle = pidfd_open(pid, 0);
    if (handle < 0 || pidfd_send_signal(handle, signal, NULL, 0) != 0)
        give_up("the server is not there to be ended");
    struct pollfd gone = {.fd = handle, .events = POLLIN, .revents = 0};
    while (poll(&gone, 1, -1) < 0 && errno == EINTR)
        continue;
    close(handle);
}

void stores_start(struct stores *stores)
{
    assert(!stores->database);
    static const char LINE[] = "start\n";
    if (write(stores->to, LINE, strlen(LINE)) != (ssize_t)strlen(LINE))
        give_up("private-stores.sh does not listen");
    await_ready(stores);
}

int stores_setup(void **state)
{
    *state = stores_new();
    return 0;
}

int stores_setup_private(void **state)
{
    *state = stores_new_private(STORES_FAST);
    return 0;
}

int stores_teardown(void **state)
{
    stores_drop(*state);
    return 0;
}
