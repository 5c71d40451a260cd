/*
 * receiver: a client app for tests, the demo and the benchmark. It takes what Reprise delivers, holds every request
 * against the wire format (docs/domain/deliveries.md), keeps or counts the files, and misbehaves when told to. It
 * shares no code with what builds and signs the requests. What it found is in its log (record.h) and under /_/
 * (admin.h); `--help` says how to start it. One thread; memory grows with the number of files and Idempotency-Keys, not
 * with their size.
 */
#include <ev.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/base/beginning.h"
#include "tests/receiver/server.h"

static const char help[] =
    "usage: receiver [OPTION …]\n"
    "A client app that checks, keeps and counts what Reprise delivers.\n"
    "  --port N            listen there; 0 (default) = any free port\n"
    "  --port-file FILE    write the port there once it listens\n"
    "  --bind ADDRESS      default 127.0.0.1\n"
    "  --key [APP_ID=]KEY  verify signatures with KEY, of one app or of all others; may be repeated\n"
    "  --header-prefix P   default X-Docora-\n"
    "  --keep DIR          keep the files as DIR/<app>/<repository>/<path, encoded>; not read at start\n"
    "  --log FILE          append one JSON line for each request\n"
    "  --quiet-bodies      keep nothing, whatever --keep says: for the benchmark\n"
    "  --die-with-parent   end when the process that started it ends\n"
    "  --help\n"
    "GET /_/stats, GET /_/files?app=&repository=[&after=PATH&limit=N], POST /_/reset,\n"
    "POST /_/behave {\"mode\": \"ok|fail|429|hang|drip|close\", \"status\": 503, \"retry_after\": S, \"every\": N, "
    "\"times\": K,\n"
    "                \"path_contains\": TEXT, \"app\": APP_ID, \"verb\": VERB, \"apply\": true|false} or an array of "
    "such\n";

struct settings {
    struct server_options server;
    struct check_keys *keys;
    const char *port_file, *keep, *log;
    bool quiet_bodies, die_with_parent;
};

enum { PORT = 1, PORT_FILE, BIND, KEY, PREFIX, KEEP, LOG, QUIET_BODIES, DIE_WITH_PARENT, HELP = 'h' };
static const struct option long_options[] = {
    {"port", required_argument, NULL, PORT},
    {"port-file", required_argument, NULL, PORT_FILE},
    {"bind", required_argument, NULL, BIND},
    {"key", required_argument, NULL, KEY},
    {"header-prefix", required_argument, NULL, PREFIX},
    {"keep", required_argument, NULL, KEEP},
    {"log", required_argument, NULL, LOG},
    {"quiet-bodies", no_argument, NULL, QUIET_BODIES},
    {"die-with-parent", no_argument, NULL, DIE_WITH_PARENT},
    {"help", no_argument, NULL, HELP},
    {0},
};

static bool read_port(const char *text, uint16_t *port)
{
    char *end = NULL;
    unsigned long number = strtoul(text, &end, 10);
    *port = (uint16_t)number;
    return end != text && *end == '\0' && number <= UINT16_MAX;
}

static bool take_option(struct settings *settings, int option)
{
    switch (option) {
    case PORT:
        return read_port(optarg, &settings->server.port);
    case PORT_FILE:
        settings->port_file = optarg;
        return true;
    case BIND:
        settings->server.address = optarg;
        return true;
    case KEY:
        check_keys_add(settings->keys, optarg);
        return true;
    case PREFIX:
        settings->server.prefix = optarg;
        return true;
    case KEEP:
        settings->keep = optarg;
        return true;
    case LOG:
        settings->log = optarg;
        return true;
    case QUIET_BODIES:
        settings->quiet_bodies = true;
        return true;
    case DIE_WITH_PARENT:
        settings->die_with_parent = true;
        return true;
    default:
        return false;
    }
}

static void read_options(struct settings *settings, int argc, char **argv)
{
    for (int option; (option = getopt_long(argc, argv, "h", long_options, NULL)) != -1;) {
        if (option != HELP && take_option(settings, option))
            continue;
        fputs(help, option == HELP ? stdout : stderr);
        exit(option == HELP ? 0 : 2);
    }
    if (optind < argc) {
        fputs(help, stderr);
        exit(2);
    }
}

/* In one step, so that a test that waits for the file never reads half of it. */
static bool write_port_file(const char *file, uint16_t port)
{
    struct buf temporary = BUF_INIT;
    buf_addf(&temporary, "%s.new", file);
    FILE *out = fopen(temporary.data, "we");
    bool written = out && fprintf(out, "%u\n", port) > 0;
    if (out && fclose(out) != 0)
        written = false;
    written = written && rename(temporary.data, file) == 0;
    if (!written)
        perror(file);
    buf_fini(&temporary);
    return written;
}

/* False: the parent is gone already. */
static bool tie_to_parent(pid_t parent)
{
    return prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && getppid() == parent;
}

static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

static void on_signal(struct ev_loop *loop, ev_signal *watcher, int events)
{
    (void)watcher, (void)events;
    ev_break(loop, EVBREAK_ALL);
}

static void on_flush(struct ev_loop *loop, ev_timer *watcher, int events)
{
    (void)loop, (void)events;
    record_flush(watcher->data);
}

struct watch {
    ev_signal term, interrupt;
    ev_timer flush;
};

/* For good: a second signal, while it is ending, changes nothing. */
static void watch_start(struct watch *watch, struct ev_loop *loop, struct record *record)
{
    ev_signal_init(&watch->term, on_signal, SIGTERM);
    ev_signal_init(&watch->interrupt, on_signal, SIGINT);
    ev_timer_init(&watch->flush, on_flush, 0.2, 0.2);
    watch->flush.data = record;
    ev_signal_start(loop, &watch->term);
    ev_signal_start(loop, &watch->interrupt);
    ev_timer_start(loop, &watch->flush);
}

static int serve(const struct settings *settings, const struct app_parts *parts)
{
    struct ev_loop *loop = ev_default_loop(0);
    struct app *app = app_new(parts);
    struct server *server = server_new(loop, app, &settings->server);
    struct watch watch;
    watch_start(&watch, loop, parts->record);
    bool ready = server && (!settings->port_file || write_port_file(settings->port_file, server_port(server)));
    if (ready) {
        fprintf(stderr, "receiver: listening on %s:%u\n", settings->server.address, server_port(server));
        ev_run(loop, 0);
    }
    server_drop(server);
    app_drop(app);
    return ready ? 0 : 1;
}

int main(int argc, char **argv)
{
    beginning_fill_descriptors();
    pid_t parent = getppid();
    struct settings settings = {.server = {"127.0.0.1", 0, "X-Docora-"}, .keys = check_keys_new()};
    read_options(&settings, argc, argv);
    if (settings.die_with_parent && !tie_to_parent(parent))
        return 1;
    signal(SIGPIPE, SIG_IGN);
    raise_file_limit();
    struct app_parts parts = {.keys = settings.keys};
    bool keeps = settings.keep && !settings.quiet_bodies;
    parts.keep = keeps ? keep_new(settings.keep) : NULL;
    parts.record = settings.log ? record_new(settings.log) : NULL;
    bool opened = (!keeps || parts.keep) && (!settings.log || parts.record);
    int code = opened ? serve(&settings, &parts) : 1;
    record_drop(parts.record);
    keep_drop(parts.keep);
    check_keys_drop(settings.keys);
    return code;
}
