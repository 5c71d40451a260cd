/*
 * A command: what it is called, what it takes, what help says of it, and the function that does it. The table of all of
 * them (commands.c) is all that parsing and help know.
 */
#ifndef REPRISE_PRODUCER_COMMAND_H
#define REPRISE_PRODUCER_COMMAND_H

#include <stdio.h>

#include "common/base/err.h"
#include "producer/option.h"

struct session;

/* Does it. What it has to say it prints itself; an error is printed by the caller. */
typedef enum err command_run(struct session *session, struct err_info *error);

struct command {
    const char *name;
    const char *group;   /* the heading under which it is listed; commands of one group stand together */
    const char *words;   /* as help shows them: "<app> <repo>" */
    int least, most;     /* number of words; most −1 = any */
    uint64_t options;    /* of its own; --json and --help always are */
    const char *summary; /* one line */
    const char *text;    /* what it does, in lines, without the last line's end */
    const char *example; /* lines, each of which could be typed */
    command_run *run;
};

extern const struct command commands[]; /* ended by a NULL name */
/* NULL if there is none. */
const struct command *command_find(const char *name);

/* ---- help, made from the tables: of commands, of options, of settings (help.c) ----------------------------------- */

/* All commands by group, one line each, and how to go on. */
void help_all(FILE *out);
/* Usage, what it does, options, an example, exit codes. */
void help_command(const struct command *command, FILE *out);
/* "usage: producer resync <app> <repo>": the line that goes with a mistake. */
void help_usage(const struct command *command, FILE *out);
/* Every setting with its default: flag, environment and file share the names. */
void help_settings(FILE *out);

/* ---- one function for each line of the table, in the files named ------------------------------------------------- */

/* run_requests.c */
command_run run_resync, run_resync_app, run_resync_all, run_snapshot, run_snapshot_app, run_snapshot_all, run_retry,
    run_retry_app, run_retry_all, run_rescan, run_definition, run_sync_history, run_resync_cost, run_resync_costs;
/* run_history.c */
command_run run_history, run_workflow, run_analytics, run_trends, run_stale_costs;
/* run_operations.c */
command_run run_progress, run_cancel, run_pause, run_resume, run_operations, run_outcomes;
/* run_engine.c */
command_run run_workers, run_queues;
/* run_apps.c */
command_run run_apps, run_add_app, run_rotate_key, run_remove_app, run_repositories, run_add_repository,
    run_remove_repository;
/* run_definitions.c */
command_run run_definitions, run_one_definition, run_resync_definitions, run_archive, run_unarchive, run_schedule,
    run_projects, run_add_project, run_remove_project;
/* run_installation.c */
command_run run_migrate, run_adopt_redis, run_doctor, run_rekey;

#endif
