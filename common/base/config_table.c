/*
 * Every setting, once. To add one: a field in struct config and a row here; start, file, environment, flags,
 * `--print-config` and the manual follow by themselves. A rule that goes beyond type and range is a function above.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/config.h"

#define KIB INT64_C(1024)
#define MIB (KIB * 1024)
#define GIB (MIB * 1024)
#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* Without a hash tag the keys of one script would lie in different slots of a Redis Cluster, which refuses that. The
 * tag is what stands between the first { and the next }. */
static const char *prefix_rule(const char *value)
{
    const char *open = strchr(value, '{');
    const char *close = open ? strchr(open, '}') : NULL;

    for (const char *at = value; *at; at++) {
        if (!isgraph((unsigned char)*at))
            return "must be printable ASCII without spaces";
    }
    if (!close || close == open + 1)
        return "must contain a hash tag that is not empty, like {reprise}";
    return NULL;
}

static const char *redis_rule(const char *value)
{
    static const char *const schemes[] = {"unix://", "redis://", "rediss://"};

    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t len = strlen(schemes[i]);
        if (!strncmp(value, schemes[i], len) && value[len])
            return NULL;
    }
    return "must begin with unix://, redis:// or rediss:// and name a path or a host";
}

static const char *level_rule(const char *value)
{
    bool known = !strcmp(value, "debug") || !strcmp(value, "info") || !strcmp(value, "warn") || !strcmp(value, "error");
    return known ? NULL : "must be debug, info, warn or error";
}

static const char *too_large_rule(const char *value)
{
    return !strcmp(value, "delete") || !strcmp(value, "keep") ? NULL : "must be delete or keep";
}

static const char *format_rule(const char *value)
{
    bool known = !strcmp(value, "auto") || !strcmp(value, "json") || !strcmp(value, "text");
    return known ? NULL : "must be auto, json or text";
}

static const char *not_empty_rule(const char *value)
{
    return *value ? NULL : "must not be empty";
}

/* queue=count[,queue=count…]. Whether such a queue exists is known above this box. */
static const char *executors_rule(const char *value)
{
    static const char rule[] =
        "must be queue=count, comma separated, each count from 1 to 256, like delivery=8,history=2";

    for (;;) {
        size_t name = strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789-_");
        size_t digits = value[name] == '=' ? strspn(value + name + 1, "0123456789") : 0;
        if (!name || !digits || digits > 3)
            return rule;
        long count = strtol(value + name + 1, NULL, 10);
        value += name + 1 + digits;
        if (count < 1 || count > 256 || (*value && *value != ','))
            return rule;
        if (!*value)
            return NULL;
        value++;
    }
}

/* The characters of a header's name (RFC 9110, section 5.6.2); the rest of the name is ours. */
static const char *header_rule(const char *value)
{
    size_t len = strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-");
    bool fits = len >= 2 && len <= 63 && value[len] == '\0' && value[0] != '-' && value[len - 1] == '-';
    return fits
               ? NULL
               : "must begin the name of a header: 2 to 63 letters, digits and '-', a letter or digit first, '-' last, "
                 "like X-Docora-";
}

static const char *key_rule(const char *value)
{
    bool is_key = strlen(value) == 64 && strspn(value, "0123456789abcdefABCDEF") == 64;
    return !*value || is_key ? NULL : "must be 64 hex digits (make one with: openssl rand -hex 32)";
}

static const char *directory_rule(const char *value)
{
    return value[0] == '\0' || value[0] == '/' ? NULL : "must be an absolute path";
}

static const char *roots_rule(const char *value)
{
    while (*value) {
        if (*value != '/')
            return "must be absolute paths, separated by colons";
        value += strcspn(value, ":");
        value += *value == ':';
    }
    return NULL;
}

/* An address and a port, "127.0.0.1:8080" or "[::1]:8080"; a name is refused, for it may turn out to be several. */
static const char *listen_rule(const char *value)
{
    const char *colon = strrchr(value, ':');
    size_t digits = colon ? strspn(colon + 1, "0123456789") : 0;
    bool bracketed = colon && colon > value + 1 && *value == '[' && colon[-1] == ']';
    bool is_address = colon && (bracketed ? strspn(value + 1, "0123456789abcdefABCDEF:.") == (size_t)(colon - value) - 2
                                          : strspn(value, "0123456789.") == (size_t)(colon - value));

    if (!is_address || colon == value || !digits || digits > 5 || colon[1 + digits] ||
        strtol(colon + 1, NULL, 10) > 65535)
        return "must be an address and a port, like 127.0.0.1:8080 or [::1]:8080";
    return NULL;
}

/* What browsers send as Origin: a scheme and an authority, nothing behind. */
static const char *origin_rule(const char *value)
{
    size_t scheme = !strncmp(value, "https://", 8) ? 8 : !strncmp(value, "http://", 7) ? 7 : 0;
    bool is_origin = scheme && value[scheme] && !value[scheme + strcspn(value + scheme, "/?# @")];

    return !*value || is_origin ? NULL : "must be an origin without a path, like https://reprise.example";
}

static const char *path_rule(const char *value)
{
    static const char plain[] = "/abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~";
    size_t len = strlen(value);
    bool good = *value == '/' && strspn(value, plain) == len && value[len - 1] != '/' && !strstr(value, "//") &&
                !strstr(value, "/.");

    return !*value || good ? NULL : "must be a path that begins with / and does not end with it, like /reprise";
}

static const char *hash_rule(const char *value)
{
    return !*value || !strncmp(value, "scrypt:", 7) ? NULL : "must be what `dashboard hash-password` prints";
}

static const char *jwt_rule(const char *value)
{
    return !*value || strlen(value) >= 32 ? NULL : "must have 32 bytes or more (make one with: openssl rand -hex 32)";
}

#define AT(field) offsetof(struct config, field)

static const struct config_entry entries[] = {
    {"postgres.url", CONFIG_STRING, "", 0, 0, "libpq connection string; empty: libpq's own defaults (PGHOST, …)", false,
     false, AT(postgres_url), NULL},
    {"migrate.auto", CONFIG_BOOL, "true", 0, 0,
     "whether a worker brings an older schema up to date when it starts; false: only `producer migrate` does", false,
     false, AT(migrate_auto), NULL},
    {"redis.url", CONFIG_STRING, "redis://127.0.0.1:6379", 0, 0,
     "unix:///path/redis.sock, redis://[user:password@]host:port[/db] or rediss://…", false, false, AT(redis_url),
     redis_rule},
    {"redis.prefix", CONFIG_STRING, "{reprise}", 0, 0, "what all keys begin with; must contain a hash tag {…}", false,
     false, AT(redis_prefix), prefix_rule},
    {"definitions.dir", CONFIG_STRING, "definitions", 0, 0,
     "directory of the global definitions; of an installed program those that were installed with it", false, true,
     AT(definitions_dir), not_empty_rule},
    {"definitions.roots", CONFIG_STRING, "", 0, 0,
     "directories below which projects with definitions of their own may lie, colon separated", false, true,
     AT(definitions_roots), roots_rule},
    {"schedule.enabled", CONFIG_BOOL, "true", 0, 0, "whether this worker starts what is due by its schedule", false,
     true, AT(schedule_enabled), NULL},
    {"log.level", CONFIG_STRING, "info", 0, 0, "least level that is logged: debug, info, warn, error", false, true,
     AT(log_level), level_rule},
    {"log.format", CONFIG_STRING, "auto", 0, 0, "json, text, or auto: text on a terminal", false, false, AT(log_format),
     format_rule},
    {"worker.processes", CONFIG_INT, "1", 1, 64, "processes of one worker", false, false, AT(worker_processes), NULL},
    {"worker.executors", CONFIG_STRING, "delivery=8,history=2", 0, 0, "threads of each process, per queue", false,
     false, AT(worker_executors), executors_rule},
    {"worker.grace", CONFIG_DURATION, "30s", 0, HOUR, "how long a drain waits for chunks in hand", false, true,
     AT(worker_grace_ms), NULL},
    {"inbox.enabled", CONFIG_BOOL, "true", 0, 0, "accept requests that clients push into Redis", false, true,
     AT(inbox_enabled), NULL},
    {"inbox.definitions", CONFIG_STRING, "", 0, 0, "definitions the inbox may start, comma separated; empty: all",
     false, true, AT(inbox_definitions), NULL},
    {"inbox.max_bytes", CONFIG_SIZE, "1MiB", KIB, 16 * MIB, "longer requests of the inbox are refused", false, true,
     AT(inbox_max_bytes), NULL},
    {"retention.outcomes", CONFIG_DURATION, "30d", HOUR, 366 * DAY, "how long outcomes of ended operations are kept",
     false, true, AT(outcome_retention_ms), NULL},
    {"deliver.parallel", CONFIG_INT, "4", 1, 64, "requests in flight to one app; 1 keeps strict order", false, true,
     AT(deliver_parallel), NULL},
    /* A request must end within the lease that was touched before it: at most 30 s of its 50 s. */
    {"deliver.timeout", CONFIG_DURATION, "30s", 100, 30 * SECOND, "time for one request to an app", false, true,
     AT(deliver_timeout_ms), NULL},
    {"deliver.max_text_bytes", CONFIG_SIZE, "32MiB", KIB, GIB, "larger text files are skipped and counted", false, true,
     AT(deliver_max_text_bytes), NULL},
    {"deliver.max_file_bytes", CONFIG_SIZE, "256MiB", KIB, 1024 * GIB, "larger files are skipped and counted", false,
     true, AT(deliver_max_file_bytes), NULL},
    {"deliver.too_large", CONFIG_STRING, "delete", 0, 0,
     "what an app holds of a file that grew too large: delete it there, or keep what is out of date", false, true,
     AT(deliver_too_large), too_large_rule},
    {"deliver.odd_names", CONFIG_BOOL, "true", 0, 0,
     "send files whose names hold a backslash or a control character; false: they are skipped and counted", false, true,
     AT(deliver_odd_names), NULL},
    {"deliver.allow_private", CONFIG_STRING, "", 0, 0,
     "private addresses that requests may go to: addresses and CIDRs, comma separated", false, true,
     AT(deliver_allow_private), NULL},
    {"deliver.header_prefix", CONFIG_STRING, "X-Docora-", 0, 0, "what the names of our headers begin with", false,
     false, AT(deliver_header_prefix), header_rule},
    {"git.repositories_dir", CONFIG_STRING, "repositories", 0, 0, "directory of the bare clones", false, false,
     AT(git_repositories_dir), not_empty_rule},
    {"git.file_roots", CONFIG_STRING, "", 0, 0, "directories below which file: URLs are allowed, colon separated",
     false, true, AT(git_file_roots), roots_rule},
    {"git.allow_private", CONFIG_STRING, "", 0, 0,
     "private addresses that git may fetch from: addresses and CIDRs, comma separated", false, true,
     AT(git_allow_private), NULL},
    {"git.timeout", CONFIG_DURATION, "10m", SECOND, 24 * HOUR, "how long a fetch may go without progress", false, true,
     AT(git_timeout_ms), NULL},
    {"git.deadline", CONFIG_DURATION, "30m", SECOND, 24 * HOUR, "how long a fetch may take in all", false, true,
     AT(git_deadline_ms), NULL},
    {"git.max_bytes", CONFIG_SIZE, "8GiB", MIB, 1024 * GIB, "size of one clone on disk", false, true, AT(git_max_bytes),
     NULL},
    {"git.max_files", CONFIG_INT, "1000000", 1, INT32_MAX,
     "files and directories of one repository; one with more is refused", false, true, AT(git_max_files), NULL},
    {"git.max_depth", CONFIG_INT, "2048", 1, 2048, "directories in one another; a deeper repository is refused", false,
     true, AT(git_max_depth), NULL},
    {"git.max_path_bytes", CONFIG_INT, "4096", 1, 65535, "files with longer paths are skipped and counted", false, true,
     AT(git_max_path_bytes), NULL},
    {"git.max_tree_bytes", CONFIG_SIZE, "32MiB", MIB, 256 * MIB,
     "memory for the directories on one way down a repository; one that needs more is refused", false, true,
     AT(git_max_tree_bytes), NULL},
    {"git.max_object_bytes", CONFIG_SIZE, "256MiB", 16 * MIB, 16 * GIB,
     "largest object that git may hold in memory; a repository that needs more is refused", false, true,
     AT(git_max_object_bytes), NULL},
    {"jobs.commands", CONFIG_STRING, "", 0, 4095,
     "directory of the programs that definitions may run; empty: there are no jobs of the kind command", false, false,
     AT(jobs_commands), directory_rule},
    {"jobs.role", CONFIG_STRING, "", 0, 63,
     "role by which the SQL of definitions runs; empty: there are no jobs of the kind sql", false, false, AT(jobs_role),
     NULL},
    {"jobs.statement_timeout", CONFIG_DURATION, "10s", 100, 12 * SECOND,
     "longest that one statement of a definition may take", false, false, AT(jobs_statement_timeout_ms), NULL},
    {"rescan.age", CONFIG_DURATION, "5m", SECOND, 366 * DAY,
     "how old a synced link may grow before it is scanned again; a failed one waits as long, twice as long after the "
     "second failed scan, and so on",
     false, true, AT(rescan_age_ms), NULL},
    {"rescan.max_wait", CONFIG_DURATION, "1h", SECOND, 366 * DAY, "the longest that a failed link waits", false, true,
     AT(rescan_max_wait_ms), NULL},
    {"rescan.away_wait", CONFIG_DURATION, "15s", SECOND, 366 * DAY,
     "how soon an app that did not answer is tried again, with one of its links", false, true, AT(rescan_away_wait_ms),
     NULL},
    {"history.agents_dir", CONFIG_STRING, "agents", 0, 0, "directory with one directory per workflow run", false, true,
     AT(history_agents_dir), not_empty_rule},
    {"history.max_run_bytes", CONFIG_SIZE, "4GiB", MIB, 1024 * GIB,
     "output streams of one workflow run that are read; a run with more fails", false, true, AT(history_max_run_bytes),
     NULL},
    {"history.prices", CONFIG_STRING, "", 0, 0,
     "file with what models cost per token; empty: the table that is built in", false, true, AT(history_prices), NULL},
    {"history.webhook_url", CONFIG_STRING, "", 0, 0, "where changed costs are told; empty: nowhere", false, true,
     AT(history_webhook_url), NULL},
    {"history.webhook_key", CONFIG_STRING, "", 0, 0, "what requests to history.webhook_url are signed with", true, true,
     AT(history_webhook_key), NULL},
    {"encryption.key", CONFIG_STRING, "", 0, 0, "64 hex digits: the key of the secrets in PostgreSQL", true, false,
     AT(encryption_key), key_rule},
    {"encryption.key_old", CONFIG_STRING, "", 0, 0, "the key before it, tried second", true, false,
     AT(encryption_key_old), key_rule},
    {"dashboard.listen", CONFIG_STRING, "127.0.0.1:8080", 0, 0,
     "address and port of the dashboard; port 0: any free one", false, false, AT(dashboard_listen), listen_rule},
    {"dashboard.user", CONFIG_STRING, "admin", 0, 0, "who may log in", false, false, AT(dashboard_user),
     not_empty_rule},
    {"dashboard.password_hash", CONFIG_STRING, "", 0, 0,
     "what `dashboard hash-password` printed; empty: no login is possible", true, false, AT(dashboard_password_hash),
     hash_rule},
    {"dashboard.public_url", CONFIG_STRING, "", 0, 0,
     "origin that browsers see, behind a TLS proxy: https://host; empty: that of the request", false, false,
     AT(dashboard_public_url), origin_rule},
    {"dashboard.trusted_proxies", CONFIG_STRING, "", 0, 0,
     "proxies whose X-Forwarded-For counts: addresses and CIDRs, comma separated", false, false,
     AT(dashboard_trusted_proxies), NULL},
    {"dashboard.executors", CONFIG_INT, "4", 1, 64,
     "threads that answer requests, each with a connection to PostgreSQL", false, false, AT(dashboard_executors), NULL},
    {"dashboard.connections_per_address", CONFIG_INT, "1024", 8, 65536,
     "connections of one address; the idlest is closed for a new one", false, false, AT(dashboard_per_address), NULL},
    {"dashboard.deadline", CONFIG_DURATION, "30s", SECOND, HOUR,
     "time for a request to arrive in full, and for its answer to leave", false, false, AT(dashboard_deadline_ms),
     NULL},
    {"dashboard.stream_life", CONFIG_DURATION, "1h", SECOND, DAY,
     "time after which a stream of events ends and its listener must authenticate again", false, false,
     AT(dashboard_stream_life_ms), NULL},
    {"dashboard.session_life", CONFIG_DURATION, "12h", SECOND, 30 * DAY,
     "time after which a session ends, whatever is asked with it; an hour without a request ends it sooner", false,
     true, AT(dashboard_session_life_ms), NULL},
    {"dashboard.base_path", CONFIG_STRING, "", 0, 0,
     "path below which browsers see the dashboard, like /reprise; the proxy may pass it on or take it off", false,
     false, AT(dashboard_base_path), path_rule},
    {"jwt.secret", CONFIG_STRING, "", 0, 0, "key of the tokens of `dashboard token`, 32 bytes or more; empty: none",
     true, false, AT(jwt_secret), jwt_rule},
    {"jwt.old_tokens", CONFIG_BOOL, "true", 0, 0,
     "tokens without audience or role, as older versions made them, count as an admin's", false, true,
     AT(jwt_old_tokens), NULL},
    {"web.root", CONFIG_STRING, "", 0, 0,
     "serve the page from this directory while developing; empty: the embedded one", false, false, AT(web_root), NULL},
    {NULL, CONFIG_STRING, NULL, 0, 0, NULL, false, false, 0, NULL},
};

const struct config_entry *config_entries(void)
{
    return entries;
}
