/*
 * Configuration by one table (config_table.c): start, `--print-config`, environment, file, reload and docs all walk it.
 * A setting's value comes from, last wins: its default, the file (YAML, nested keys are joined by dots), the
 * environment
 * (`REPRISE_` + the name in upper case with _ for . and -), the flag (`--` + the name with - for . and, if one likes,
 * _).
 */
#ifndef REPRISE_BASE_CONFIG_H
#define REPRISE_BASE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/base/buf.h"
#include "common/base/err.h"

enum config_type { CONFIG_STRING, CONFIG_BOOL, CONFIG_INT, CONFIG_DURATION, CONFIG_SIZE };

struct config_entry {
    const char *name; /* "deliver.parallel" */
    enum config_type type;
    const char *fallback; /* the default, written as in the file */
    int64_t least, most;  /* of an integer, a duration (ms) or a size (bytes) */
    const char *help;     /* one line */
    bool secret;          /* masked wherever it is printed */
    bool reloadable;      /* SIGHUP takes it over */
    size_t offset;        /* of its field in struct config */
    /* The rule that a text breaks, as "must …"; NULL where it breaks none. The member is NULL where any text will do.
     */
    const char *(*broken_rule)(const char *value);
};

/* All settings, typed. Strings belong to the struct. Durations are milliseconds, sizes bytes. */
struct config {
    char *postgres_url; /* postgres.url: a libpq connection string */
    bool migrate_auto;  /* migrate.auto: a worker brings an older schema up to date when it starts */
    char *redis_url;    /* redis.url: unix:///path/redis.sock, redis://[user:password@]host:port[/db], rediss://… */
    char *redis_prefix; /* redis.prefix */
    char *definitions_dir;             /* definitions.dir */
    char *definitions_roots;           /* definitions.roots: directories, colon separated */
    bool schedule_enabled;             /* schedule.enabled */
    char *log_level;                   /* log.level */
    char *log_format;                  /* log.format: auto, json, text */
    int64_t worker_processes;          /* worker.processes */
    char *worker_executors;            /* worker.executors: "delivery=8,history=2" */
    int64_t worker_grace_ms;           /* worker.grace: how long a drain waits for chunks in hand */
    bool inbox_enabled;                /* inbox.enabled */
    int64_t inbox_max_bytes;           /* inbox.max_bytes */
    char *inbox_definitions;           /* inbox.definitions: names, comma separated; "" = all */
    int64_t outcome_retention_ms;      /* retention.outcomes */
    int64_t deliver_parallel;          /* deliver.parallel */
    int64_t deliver_timeout_ms;        /* deliver.timeout, at most 30 s */
    bool deliver_odd_names;            /* deliver.odd_names: names with backslashes or control characters are sent */
    int64_t deliver_max_text_bytes;    /* deliver.max_text_bytes */
    int64_t deliver_max_file_bytes;    /* deliver.max_file_bytes */
    char *deliver_too_large;           /* deliver.too_large: delete, keep */
    char *deliver_allow_private;       /* deliver.allow_private: addresses and CIDRs, comma separated */
    char *deliver_header_prefix;       /* deliver.header_prefix: "X-Docora-" */
    char *git_repositories_dir;        /* git.repositories_dir */
    char *git_file_roots;              /* git.file_roots: directories, colon separated */
    char *git_allow_private;           /* git.allow_private */
    int64_t git_timeout_ms;            /* git.timeout */
    int64_t git_deadline_ms;           /* git.deadline: of a fetch in all */
    int64_t git_max_bytes;             /* git.max_bytes: of one clone on disk */
    int64_t git_max_files;             /* git.max_files: files and directories of one tree, however often each counts */
    int64_t git_max_depth;             /* git.max_depth: directories in one another */
    int64_t git_max_path_bytes;        /* git.max_path_bytes: a longer path is skipped and counted */
    int64_t git_max_tree_bytes;        /* git.max_tree_bytes: of the directories on one way down */
    int64_t git_max_object_bytes;      /* git.max_object_bytes: that git may hold in memory */
    char *jobs_commands;               /* jobs.commands; "" = no definition may bring a program of its own */
    char *jobs_role;                   /* jobs.role; "" = no definition may bring SQL of its own */
    int64_t jobs_statement_timeout_ms; /* jobs.statement_timeout */
    int64_t rescan_age_ms;             /* rescan.age */
    int64_t rescan_max_wait_ms;        /* rescan.max_wait */
    int64_t rescan_away_wait_ms;       /* rescan.away_wait */
    char *history_agents_dir;          /* history.agents_dir */
    int64_t history_max_run_bytes;     /* history.max_run_bytes: of the streams of one run */
    char *history_prices;              /* history.prices; "" = the table that is built in */
    char *history_webhook_url;         /* history.webhook_url; "" = none is called */
    char *history_webhook_key;         /* history.webhook_key, secret */
    char *encryption_key;              /* encryption.key, secret */
    char *encryption_key_old;          /* encryption.key_old, secret */

    char *dashboard_listen;           /* dashboard.listen: address:port, port 0 = any free one */
    char *dashboard_user;             /* dashboard.user */
    char *dashboard_password_hash;    /* dashboard.password_hash, secret: from `dashboard hash-password` */
    char *dashboard_public_url;       /* dashboard.public_url: "" or the origin that browsers see, behind a TLS proxy */
    char *dashboard_trusted_proxies;  /* dashboard.trusted_proxies: addresses and CIDRs, comma separated */
    int64_t dashboard_executors;      /* dashboard.executors */
    int64_t dashboard_per_address;    /* dashboard.connections_per_address */
    int64_t dashboard_stream_life_ms; /* dashboard.stream_life: after which a listener must connect again */
    int64_t dashboard_session_life_ms; /* dashboard.session_life: a session's age at which it ends */
    char *dashboard_base_path;         /* dashboard.base_path: "" or like "/reprise" */
    int64_t dashboard_deadline_ms;     /* dashboard.deadline: for a request to arrive, and for its answer to leave */
    char *jwt_secret;                  /* jwt.secret, secret: "" or at least 32 bytes */
    bool jwt_old_tokens;               /* jwt.old_tokens: those without audience or role count, as an admin's */
    char *web_root;                    /* web.root: "" = the page that is embedded */

    const char **origins; /* of each entry, in the table's order: "default", "file", "environment" or "flag" */
};

/* --help or -h, behind whatever other words, or the word help: answered before any setting is read, so that it is even
 * where a setting is wrong. */
bool config_wants_help(int argc, char **argv);

/* Takes "--config FILE" or "--config=FILE" out of argv, whatever words stand around it; `*file` is NULL where there is
 * none. ERR_USAGE: no file behind it. */
MUST_CHECK enum err config_take_file(int *argc, char **argv, const char **file, struct err_info *error);

/* Where the file of settings is looked for when none is named. */
#define CONFIG_DEFAULT_FILE "/etc/reprise/reprise.yaml"

/* Reads file (NULL: the one REPRISE_CONFIG names, else CONFIG_DEFAULT_FILE if there), environment and the flags of
 * argv. Flags it knows (`--name value`, `--name=value`) are taken out of argv (argc falls); all others stay for the
 * program. A secret as a flag is refused: other users can see a process's arguments. An empty variable counts as not
 * set. ERR_USAGE names the setting, the value and the rule. On success config_fini is owed. */
MUST_CHECK enum err config_read(struct config *config, const char *file, int *argc, char **argv,
                                struct err_info *error);
void config_fini(struct config *config);

/* `name = value` lines with their origin; secrets as "(set)" or "(not set)", a URL that holds a password too. */
void config_print(const struct config *config, FILE *out);
/* For --help and the manual: the table itself, ended by a NULL name. */
const struct config_entry *config_entries(void);

/* ---- between the sources and the struct -------------------------------------------------------------------------- */

/*
 * What stands between the sources of configuration and struct config: look-ups in the table and one function that
 * types, checks and stores a value, whatever source it comes from. For the files config*.c and their tests only.
 */

/* All defaults. `config` is then owed to config_fini. */
void config_init(struct config *config);

/* By the name with dots; NULL if there is none. */
const struct config_entry *config_find(const char *name);
/* True where `value` must not be shown: the entry is a secret, or the text is a URL or the like with a password in it.
 */
bool config_hides(const struct config_entry *entry, const char *value);
/* Stores `text`, typed, with its origin (a constant). ERR_USAGE: name, value (unless hidden) and the broken rule. */
MUST_CHECK enum err config_set(struct config *config, const struct config_entry *entry, const char *text,
                               const char *origin, struct err_info *error);
/* The origin that was noted last. */
const char *config_origin(const struct config *config, const struct config_entry *entry);

/* The sources above the defaults. Text of a file: ERR_USAGE with line and column. */
MUST_CHECK enum err config_set_file(struct config *config, const char *bytes, size_t len, struct err_info *error);

/* Where a program's settings come from, so that they can be read again. */
struct config_sources {
    char *path;  /* of the file; NULL: the usual one, if it is there */
    char **argv; /* as the program was called; a copy of the pointers */
    int argc;
};
void config_sources_init(struct config_sources *sources, const char *file, int argc, char **argv);
void config_sources_fini(struct config_sources *sources);
/* The text of the file, appended; `*has_file` false: there is none, and none was named. ERR_USAGE: it cannot be read.
 */
MUST_CHECK enum err config_read_file(const struct config_sources *sources, struct buf *text, bool *has_file,
                                     struct err_info *error);
/* Defaults, the file's text (NULL = none), environment, flags. As config_read, but leaves the flags where they are. */
MUST_CHECK enum err config_read_sources(struct config *config, const struct config_sources *sources,
                                        const struct buf *file, struct err_info *error);
/* Takes the flags out that were read before. */
void config_take_flags(int *argc, char **argv);

/* True if the entry has the same value in both. */
bool config_is_same(const struct config *a, const struct config *b, const struct config_entry *entry);
/* Gives the entry the value and origin that it has in `from`. */
void config_keep(struct config *config, const struct config *from, const struct config_entry *entry);
/* The value as config_print shows it, appended. */
void config_add_value(const struct config *config, const struct config_entry *entry, struct buf *out);

/* ---- settings while a program runs ------------------------------------------------------------------------------- */

/*
 * Settings while a program runs. A reload reads file, environment and flags again as at the start, takes over what may
 * change (the table's `reloadable`) and tells which other changes wait for a restart. Readers on any thread get a
 * snapshot that never changes and is kept to the end, so that texts taken from it may be kept, too; a reload that
 * changes nothing makes none.
 *
 * In a process that was forked later a reload takes the file as the one that read it at the start has accepted it last,
 * so that all of them have the same.
 */

struct config_live;

/* What a program asks of its settings beyond the table's rules. ERR_USAGE names the setting. */
typedef enum err config_check_fn(const struct config *config, struct err_info *error);

/* As config_read; `check` may be NULL. The texts of argv are borrowed and must stay. On success config_live_drop is
 * owed. */
MUST_CHECK enum err config_live_read(struct config_live **live, const char *file, int *argc, char **argv,
                                     config_check_fn *check, struct err_info *error);
void config_live_drop(struct config_live *live);

/* What is in force; valid as long as `live`. From any thread. */
const struct config *config_now(const struct config_live *live);

/* A setting that a reload found changed. The texts are as config_print writes them: secrets masked. */
struct config_change {
    const char *name;
    const char *before, *after;
    const char *origin; /* of the new value */
    bool taken;         /* it counts from now on; else after a restart */
};
typedef void config_changed_fn(const struct config_change *change, void *context);

/* Reads all sources again. ERR_USAGE: one of them is wrong, or the file that was read at the start is gone; nothing is
 * changed then. `tell` is called for each change. Threads must not call it at the same time; a signal handler must
 * not. */
MUST_CHECK enum err config_live_reload(struct config_live *live, config_changed_fn *tell, void *context,
                                       struct err_info *error);

/* What SIGHUP does: reloads, sets the log's level, and logs one line for each change, or why there is none. The quiet
 * form, for processes whose parent has told already, logs only that something has changed, or what went wrong. False:
 * nothing was taken over, for the sources cannot be used. */
enum config_telling { CONFIG_TELL, CONFIG_TELL_BRIEFLY };
bool config_live_hang_up(struct config_live *live, enum config_telling telling);

#endif
