/*
 * worker: takes chunks of jobs from Redis and runs them. This file reads the settings, makes sure that the database has
 * the schema that this program knows and the definitions that are here, and hands over to the supervisor.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/base/beginning.h"
#include "common/base/clock.h"
#include "common/base/fault.h"
#include "common/base/ids.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/definitions/definition_sync.h"
#include "common/kinds/kinds.h"
#include "common/queue/recipe.h"
#include "common/queue/redis_owner.h"
#include "common/store/git.h"
#include "common/store/migrate.h"
#include "worker/process.h"

#define REDIS_MS 2000
#define WAIT_BASE_MS 200
#define WAIT_MAX_MS 5000

static void print_help(void)
{
    puts("usage: worker [--SETTING VALUE …]\n"
         "\n"
         "Takes jobs from Redis and runs them, until it is told to stop. SIGTERM drains: what is in hand is\n"
         "finished, nothing new is taken; a second SIGTERM ends it at once. Nothing is lost either way. SIGHUP\n"
         "reads the settings and the definitions' files again; what the log says of each changed setting counts.\n"
         "\n"
         "  --help            this text\n"
         "  --version         the version\n"
         "  --print-config    all settings with their values and where each comes from, secrets masked\n"
         "  --config FILE     the file of settings; else REPRISE_CONFIG, else /etc/reprise/reprise.yaml\n"
         "  --fault-points    the named points at which tests may kill it\n"
         "\n"
         "Settings (flag over environment over file; REPRISE_POSTGRES_URL is --postgres-url). What is marked (SIGHUP) "
         "is\n"
         "taken over by a running worker; the rest counts from a restart:\n");
    for (const struct config_entry *entry = config_entries(); entry->name != NULL; entry++)
        printf("  %-34s %s%s%s%s\n", entry->name, entry->help, entry->fallback[0] == '\0' ? "" : "; default ",
               entry->secret ? "" : entry->fallback, entry->reloadable ? " (SIGHUP)" : "");
}

static void print_fault_point(const char *name, void *context)
{
    (void)context;
    puts(name);
}

/* The words that print something and end. −1: none of them. */
static int answer(int argc, char **argv, const struct config *config)
{
    const char *word = argc > 1 ? argv[1] : "";
    if (strcmp(word, "--version") == 0)
        puts("worker " REPRISE_VERSION);
    else if (strcmp(word, "--print-config") == 0)
        config_print(config, stdout);
    else if (strcmp(word, "--fault-points") == 0)
        fault_each(print_fault_point, NULL);
    else
        return -1;
    return 0;
}

/* A database without definitions can start nothing; and what a new release brought is there from now on. A host that
 * lacks the whole directory has nothing to say about definitions. */
static enum err load_definitions(const struct config *config, const struct redis_address *address, struct pg *pg,
                                 struct err_info *error)
{
    struct definition_sync_report report;
    if (access(config->definitions_dir, F_OK) != 0) {
        log_warn("definitions.dir: %s is not there; definitions stay as the database has them",
                 config->definitions_dir);
        return ERR_OK;
    }
    struct dispatch dispatch = {redis_new(address, REDIS_MS, REDIS_MS), config->redis_prefix};
    struct definition_sync sync = {.pg = pg,
                                   .dispatch = &dispatch,
                                   .names = &kinds_names,
                                   .directory = config->definitions_dir,
                                   .roots = config->definitions_roots};
    enum err err = definition_sync(&sync, &report, error);
    if (err == ERR_OK)
        definition_sync_report_fini(&report);
    redis_drop(dispatch.redis);
    if (err != ERR_CONFLICT)
        return err;
    log_warn("%s", error->text); /* a newer release has brought them */
    return ERR_OK;
}

static enum err prepare_schema(const struct config *config, struct pg *pg, struct err_info *error)
{
    struct migrate_done done;
    enum err err = migrate_ensure(pg, config->migrate_auto ? MIGRATE_ANY : MIGRATE_NEW, &done, error);
    if (err == ERR_OK && done.applied > 0)
        log_info("the schema was brought from version %d to %d", done.before, done.version);
    return err;
}

/* Only whose Redis is: what is amiss with it otherwise is found each second, and waited for, by each process. */
static enum err check_redis_owner(const struct config *config, const struct redis_address *address, struct pg *pg,
                                  struct err_info *error)
{
    struct dispatch dispatch = {redis_new(address, REDIS_MS, REDIS_MS), config->redis_prefix};
    enum err err = redis_owner_begin(&dispatch, pg, error);
    redis_drop(dispatch.redis);
    return err == ERR_CONFLICT ? err : ERR_OK;
}

/* Waits for PostgreSQL as long as it takes, and for an older schema where migrate.auto leaves it to a person; a schema
 * that is newer than this program, or not ours, ends it, and so does a Redis of another installation. */
static enum err prepare_database(const struct config *config, const struct redis_address *address,
                                 struct err_info *error)
{
    struct pg *pg = pg_new(config->postgres_url, "reprise worker start", PG_LIMITS_PROGRAM);
    enum err err, said = ERR_OK;
    for (int tries = 1;; tries++) {
        err = pg_check_session(pg, error);
        if (err == ERR_OK)
            err = prepare_schema(config, pg, error);
        if (err == ERR_OK)
            err = load_definitions(config, address, pg, error);
        if (err == ERR_OK)
            err = check_redis_owner(config, address, pg, error);
        if (err != ERR_UNREACHABLE && err != ERR_RETRY && err != ERR_BUSY)
            break;
        if (err != said)
            log_warn("waiting for PostgreSQL: %s", error->text);
        said = err;
        int64_t ms = clock_backoff_ms(tries, WAIT_BASE_MS, WAIT_MAX_MS, 0.2, id_random_u32());
        nanosleep(&(struct timespec){.tv_sec = (time_t)(ms / CLOCK_MS_PER_S),
                                     .tv_nsec = (long)(ms % CLOCK_MS_PER_S) * 1000000},
                  NULL);
    }
    pg_drop(pg);
    return err;
}

static enum err prepare(struct process_state *plan, struct redis_address *address, struct crypto_keys *keys,
                        struct err_info *error)
{
    const struct config *config = process_config(plan);
    enum err err = fault_init(error);
    if (err == ERR_OK)
        err = executors_parse(config->worker_executors, plan->executors, error);
    if (err == ERR_OK)
        err = redis_address_parse(config->redis_url, address, error);
    if (err == ERR_OK)
        err = crypto_keys_read(keys, config->encryption_key, config->encryption_key_old, error);
    if (err == ERR_OK && !keys->has_current && !keys->has_old)
        log_warn("no encryption key (REPRISE_ENCRYPTION_KEY): deliveries are put off until a worker has it");
    if (err == ERR_OK)
        err = redis_address_resolve(address, error);
    if (err == ERR_OK)
        err = prepare_database(config, address, error);
    return err;
}

/* Until the supervisor listens, they wait: else they would end us while we wait for PostgreSQL. */
static const int signals_held[] = {SIGHUP, PROCESS_SETTINGS_SIGNAL, 0};

static int run(struct config_live *settings)
{
    struct err_info error = {0};
    struct redis_address address = {0};
    struct crypto_keys keys = {0};
    struct process_state plan = {.settings = settings, .redis = &address, .keys = &keys, .health = HEALTH_NOTE_INIT};
    int code = 0;
    signal(SIGPIPE, SIG_IGN);
    umask(S_IRWXG | S_IRWXO); /* of what this process and the git that it starts make, nothing is for other users */
    enum err err = prepare(&plan, &address, &keys, &error);
    if (err == ERR_OK) {
        git_init();
        code = supervisor_run(&plan);
    } else {
        log_error("%s", error.text);
        code = err_exit_code(err);
    }
    redis_address_fini(&address);
    crypto_wipe(&keys, sizeof keys);
    return code;
}

int main(int argc, char **argv)
{
    struct config_live *settings = NULL;
    struct err_info error = {0};
    const char *file = NULL;
    beginning_fill_descriptors();
    beginning_hold_signals(signals_held);
    if (config_wants_help(argc, argv)) {
        print_help();
        return 0;
    }
    enum err err = config_take_file(&argc, argv, &file, &error);
    if (err == ERR_OK)
        err = config_live_read(&settings, file, &argc, argv, worker_settings_check, &error);
    if (err != ERR_OK) {
        fprintf(stderr, "worker: %s\n", error.text);
        return err_exit_code(error.code);
    }
    const struct config *config = config_now(settings);
    log_start("worker", config->log_level, config->log_format);
    recipe_use_role(config->jobs_role, config->jobs_statement_timeout_ms);
    int code = answer(argc, argv, config);
    if (code < 0 && argc > 1) {
        fprintf(stderr, "worker: \"%.*s\" is not known; worker --help lists what is\n", (int)strcspn(argv[1], "="),
                argv[1]);
        code = err_exit_code(ERR_USAGE);
    } else if (code < 0) {
        code = run(settings);
    }
    config_live_drop(settings);
    return code;
}
