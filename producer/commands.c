/*
 * The table of commands. To add one: a row here and its function; parsing and help follow. Rows of one group stand
 * together, in the order in which help shows them.
 */
#include <string.h>

#include "producer/command.h"

#define REQUEST (OPTION(OPTION_DRY_RUN) | OPTION(OPTION_YES) | OPTION(OPTION_WATCH) | OPTION(OPTION_OPERATION_ID))
#define SINGLE (REQUEST | OPTION(OPTION_NO_WAIT))
#define PAGE (OPTION(OPTION_LIMIT) | OPTION(OPTION_CURSOR))

#define REQUESTS "Ask for work"
#define HISTORY "Workflow history"
#define OPERATIONS "Operations"
#define ENGINE "Workers and queues"
#define REGISTER "Apps and repositories"
#define DEFINITIONS "Definitions"
#define INSTALLATION "The installation"

#define BULK_TEXT                                                                                                      \
    "\n\nPrints the operation's id and returns; --watch follows it to its end. Asks before it begins; without a\n"     \
    "terminal it needs --yes. The same request, asked for again before any of it has begun, is the same\n"             \
    "operation. With Redis down the operation is accepted, and starts when Redis is back."
#define SINGLE_TEXT                                                                                                    \
    "\n\nWaits for the result and prints it, unless --no-wait. The same request, asked for again before it has "       \
    "begun,\n"                                                                                                         \
    "is the same operation and moves to the head of its queue. With Redis down it is accepted and not waited for:\n"   \
    "it starts when Redis is back."

const struct command commands[] = {
    {"resync", REQUESTS, "<app> <repo>", 2, 2, SINGLE, "sends an app all files of one repository again",
     "Forgets what the app was sent of the repository and sends every file of it again. Files that the client still\n"
     "holds but the repository no longer has are not known, and stay there." SINGLE_TEXT,
     "producer resync \"Demo app\" octocat/hello-world\nproducer resync \"Demo app\" octocat/hello-world --dry-run",
     run_resync},
    {"resync-app", REQUESTS, "<app>", 1, 1, REQUEST, "the same for all repositories of an app",
     "Forgets what the app was sent, and sends every file of all its repositories again." BULK_TEXT,
     "producer resync-app \"Demo app\" --dry-run\nproducer resync-app \"Demo app\" --watch", run_resync_app},
    {"resync-all", REQUESTS, "", 0, 0, REQUEST, "the same for all repositories of all apps",
     "Forgets what every app was sent, and sends every file of all repositories again." BULK_TEXT,
     "producer resync-all --dry-run\nproducer resync-all --yes", run_resync_all},
    {"snapshot", REQUESTS, "<app> <repo>", 2, 2, SINGLE, "sends an app the changes of one repository, now",
     "Looks for changes of the repository and sends the app what it lacks, and nothing that it has: what the schedule\n"
     "does when rescan.age has passed, at once." SINGLE_TEXT,
     "producer snapshot \"Demo app\" octocat/hello-world", run_snapshot},
    {"snapshot-app", REQUESTS, "<app>", 1, 1, REQUEST, "the same for all repositories of an app",
     "Looks for changes of all repositories of the app, and sends it what it lacks." BULK_TEXT,
     "producer snapshot-app \"Demo app\" --watch", run_snapshot_app},
    {"snapshot-all", REQUESTS, "", 0, 0, REQUEST, "the same for all repositories of all apps",
     "Looks for changes of all repositories, and sends all apps what they lack." BULK_TEXT,
     "producer snapshot-all --yes", run_snapshot_all},
    {"retry", REQUESTS, "<app> <repo>", 2, 2, SINGLE, "tries a failed repository of an app again",
     "Tries a repository again that could not be brought up to date: only what the app lacks is sent. One that has\n"
     "not failed is refused (exit code 4); to send everything again there is resync." SINGLE_TEXT,
     "producer retry \"Demo app\" octocat/hello-world", run_retry},
    {"retry-app", REQUESTS, "<app>", 1, 1, REQUEST, "the same for all failed repositories of an app",
     "Tries all failed repositories of the app again. If none has failed: exit code 3." BULK_TEXT,
     "producer retry-app \"Demo app\" --watch", run_retry_app},
    {"retry-all", REQUESTS, "", 0, 0, REQUEST, "the same for all failed repositories",
     "Tries all failed repositories of all apps again. If none has failed: exit code 3." BULK_TEXT,
     "producer retry-all --yes", run_retry_all},
    {"rescan", REQUESTS, "", 0, 0, REQUEST, "looks for changes where that is due",
     "Brings repositories up to date that were never sent, were scanned longer ago than rescan.age, or failed and\n"
     "have waited long enough. Workers do it by themselves on its schedule; this does it now." BULK_TEXT,
     "producer rescan --watch", run_rescan},
    {"run", REQUESTS, "<definition> [name=value …]", 1, -1, REQUEST, "runs any definition",
     "Runs a definition with the arguments given; `producer definitions` lists both. A project's is called\n"
     "project/definition. The items of an array are separated by commas." BULK_TEXT,
     "producer run noop count=100000 --watch\nproducer run resync-app app_id=app_0123456789abcdef01234567 --yes",
     run_definition},

    {"sync-history", HISTORY, "", 0, 0,
     OPTION(OPTION_DRY_RUN) | OPTION(OPTION_YES) | OPTION(OPTION_WATCH) | OPTION(OPTION_OPERATION_ID) |
         OPTION(OPTION_NO_WAIT) | OPTION(OPTION_SILENT) | OPTION(OPTION_DIRECTORY),
     "brings the history up to date from the runs' files",
     "Looks at every run in history.agents_dir, reads those whose files have changed, and stores what they did and\n"
     "cost. Waits for the end and prints the counts, unless --no-wait. Done again when nothing has changed it writes\n"
     "nothing. A run whose directory is gone keeps its row; one whose files are broken fails alone, with the reason\n"
     "(exit code 1; see: producer outcomes <op> --failed). --dry-run reads the same and writes nothing: how many runs "
     "are\n"
     "new, changed, unchanged, broken or without a directory, the first of each, and what each phase would do.",
     "producer sync-history --dry-run\nproducer sync-history --silent --json", run_sync_history},
    {"resync-cost", HISTORY, "<workflow>", 1, 1,
     OPTION(OPTION_DRY_RUN) | OPTION(OPTION_WATCH) | OPTION(OPTION_OPERATION_ID) | OPTION(OPTION_NO_WAIT) |
         OPTION(OPTION_FORCE) | OPTION(OPTION_DIRECTORY),
     "reads the cost of one workflow from its files again",
     "A workflow that has ended gets the cost that its files say, more or less than before; one that runs only a\n"
     "greater one; --force takes it whatever the rule. Without cost data in the files nothing is changed and the exit\n"
     "code is 1; a workflow that the history does not have: exit code 3. --dry-run reads, and writes nothing.",
     "producer resync-cost 4b6b710e\nproducer resync-cost 4b6b710e --force --json", run_resync_cost},
    {"resync-costs", HISTORY, "", 0, 0,
     REQUEST | OPTION(OPTION_STATUS) | OPTION(OPTION_FROM) | OPTION(OPTION_TO) | OPTION(OPTION_BATCH_SIZE) |
         OPTION(OPTION_FORCE) | OPTION(OPTION_DIRECTORY) | OPTION(OPTION_MODEL) | OPTION(OPTION_TEMPLATE) |
         OPTION(OPTION_SEARCH),
     "the same for many: those that history lists with the same filter",
     "Without --status: those that are completed or failed. Dates are held against a workflow's start (else the time\n"
     "when its row was made). --dry-run reads all of them and writes nothing: it shows how many costs would change, "
     "by\n"
     "how much in all, and the ten largest changes." BULK_TEXT,
     "producer resync-costs --dry-run\nproducer resync-costs --status completed --from 2026-01-01 --to 2026-01-31 "
     "--watch",
     run_resync_costs},

    {"history", HISTORY, "", 0, 0,
     PAGE | OPTION(OPTION_OFFSET) | OPTION(OPTION_STATUS) | OPTION(OPTION_MODEL) | OPTION(OPTION_TEMPLATE) |
         OPTION(OPTION_SEARCH) | OPTION(OPTION_FROM) | OPTION(OPTION_TO) | OPTION(OPTION_SORT_BY) |
         OPTION(OPTION_SORT_ORDER),
     "lists workflows with their cost",
     "Lists the workflows that the history has, the newest row first. Dates are held against a workflow's start (else\n"
     "the time when its row was made). Workflows without the key that is sorted by come last. Where at most 10000\n"
     "match they are also sorted by updated_at, end_time, status, issue_number, total_tokens and\n"
     "cache_efficiency_percent. The total is counted up to 10000.",
     "producer history --status failed --from 2026-01-01\n"
     "producer history --search \"login page\" --sort-by actual_cost_total --limit 10",
     run_history},
    {"workflow", HISTORY, "<workflow>", 1, 1, 0, "all that is known of one workflow",
     "Shows what a workflow was asked, took and cost, by phase and by model; its scores, what is unusual about it, "
     "the\n"
     "workflows most like it, and every change of its cost. If the history does not have it: exit code 3.",
     "producer workflow 4b6b710e", run_workflow},
    {"analytics", HISTORY, "", 0, 0, 0, "the history in sums",
     "Shows counts, costs and times over the whole history, exact at the moment that it tells. The mean cost is that "
     "of\n"
     "workflows with a cost, the mean time that of completed ones, success is held against those that have ended; the\n"
     "costs of 7 and 30 days are compared with as many days before.",
     "producer analytics\nproducer analytics --json", run_analytics},
    {"trends", HISTORY, "", 0, 0,
     OPTION(OPTION_DAYS) | OPTION(OPTION_GROUP_BY) | OPTION(OPTION_STATUS) | OPTION(OPTION_MODEL) |
         OPTION(OPTION_TEMPLATE),
     "the same by day, week or hour",
     "Shows the last days, the oldest first, those without a workflow too. Days are UTC; weeks begin on Monday.",
     "producer trends --days 7\nproducer trends --days 90 --group-by week", run_trends},
    {"stale-costs", HISTORY, "", 0, 0, PAGE | OPTION(OPTION_MAX_COST) | OPTION(OPTION_MIN_TOKENS),
     "lists costs that are not the sum of their parts",
     "Lists workflows whose cost is not what its phases or its models add up to, the newest first; a page looks at\n"
     "10,000 workflows at most. With --max-cost or --min-tokens: completed ones that cost little although they used\n"
     "many tokens, the cheapest first. To read a cost again: producer resync-cost <workflow>",
     "producer stale-costs\nproducer stale-costs --max-cost 0.10 --min-tokens 50000", run_stale_costs},

    {"progress", OPERATIONS, "<op>", 1, 1, OPTION(OPTION_WATCH), "how far an operation is",
     "Shows the counts as PostgreSQL has them, which are exact. --watch draws them until the operation has ended; its\n"
     "exit code then tells the result: 0 only if it was completed and no job failed. Ctrl-C ends the watching, not\n"
     "the operation. `retrying` (in JSON) is counted up to 1000.",
     "producer progress op_01HKM0QZ8V5X2W3Y4Z5A6B7C8D --watch", run_progress},
    {"cancel", OPERATIONS, "<op>", 1, 1, 0, "ends an operation: when it returns, nothing more is done",
     "Cancels a running or paused operation. When this has returned nothing more of it is written to the database,\n"
     "and the counts that it prints stay true. One that is cancelled already is a success, one that has ended in\n"
     "another way a conflict (exit code 4). To stop for a while there is pause.",
     "producer cancel op_01HKM0QZ8V5X2W3Y4Z5A6B7C8D", run_cancel},
    {"pause", OPERATIONS, "<op>", 1, 1, 0, "stops an operation for a while",
     "Nothing new of it is begun; what is in hand ends, long jobs at their next checkpoint. It stays paused until\n"
     "resume or cancel. If it is not running: exit code 4.",
     "producer pause op_01HKM0QZ8V5X2W3Y4Z5A6B7C8D", run_pause},
    {"resume", OPERATIONS, "<op>", 1, 1, 0, "lets a paused operation go on",
     "Goes on with what is open. If it is not paused: exit code 4.", "producer resume op_01HKM0QZ8V5X2W3Y4Z5A6B7C8D",
     run_resume},
    {"operations", OPERATIONS, "", 0, 0, PAGE | OPTION(OPTION_STATE) | OPTION(OPTION_SCHEDULED),
     "lists operations, the newest first", "Lists operations that run and those that have ended, the newest first.",
     "producer operations\nproducer operations --state running --json", run_operations},
    {"outcomes", OPERATIONS, "<op>", 1, 1, PAGE | OPTION(OPTION_FAILED), "lists what became of an operation's jobs",
     "Lists the jobs that are settled, with the error of those that failed. They are kept for retention.outcomes\n"
     "after the operation's end; its counts are kept for good.",
     "producer outcomes op_01HKM0QZ8V5X2W3Y4Z5A6B7C8D --failed", run_outcomes},

    {"workers", ENGINE, "", 0, 0, 0, "lists worker processes and their last sign of life",
     "Lists the worker processes of the last day, as they report to Redis every second. One that has been silent for\n"
     "5 s is taken for dead, and what it held is given to others.",
     "producer workers", run_workers},
    {"queues", ENGINE, "", 0, 0, 0, "what waits, and what is being worked on",
     "Shows, for each queue, its live operations and their open jobs (from PostgreSQL), and the chunks that wait, are\n"
     "worked on, wait for a retry, or are looked at alone after a crash (from Redis).",
     "producer queues", run_queues},

    {"apps", REGISTER, "", 0, 0, PAGE, "lists client apps",
     "Lists the apps by name, with the number of their repositories.", "producer apps", run_apps},
    {"add-app", REGISTER, "<name> <base-url>", 2, 2,
     OPTION(OPTION_EMAIL) | OPTION(OPTION_WEBSITE) | OPTION(OPTION_DESCRIPTION) | OPTION(OPTION_KEY_STDIN) |
         OPTION(OPTION_APP_ID),
     "registers a client app and makes its key",
     "Registers an app. Requests go to <base-url>/create, /update, /delete and /sync_failed, signed with the app's\n"
     "key, which is shown once and stored sealed: encryption.key must be set. An address in a private network is\n"
     "refused unless deliver.allow_private lists it.",
     "producer add-app \"Demo app\" https://client.example/hooks", run_add_app},
    {"rotate-key", REGISTER, "<app>", 1, 1, OPTION(OPTION_KEY_STDIN) | OPTION(OPTION_YES),
     "puts a new key in place of an app's",
     "Makes a key (or reads it from stdin), shows it once and stores it sealed. From then on all requests to the app "
     "are\n"
     "signed with it: give it to the app at once. What it refuses meanwhile is tried again.",
     "producer rotate-key \"Demo app\"", run_rotate_key},
    {"remove-app", REGISTER, "<app>", 1, 1, OPTION(OPTION_YES), "removes an app and forgets what it was sent",
     "Removes the app, its watch over its repositories, and the record of what it was sent. Jobs for it that are\n"
     "still open are skipped. What the client holds stays there.",
     "producer remove-app \"Demo app\"", run_remove_app},
    {"repositories", REGISTER, "[app]", 0, 1, PAGE | OPTION(OPTION_FAILED), "lists what apps watch, and how it is",
     "Lists repositories with their status for each app: pending_snapshot (never sent, or work is open), scanning,\n"
     "synced, failed. With an app: only what it watches.",
     "producer repositories \"Demo app\" --failed", run_repositories},
    {"add-repository", REGISTER, "<app> <url>", 2, 2, OPTION(OPTION_BRANCH) | OPTION(OPTION_TOKEN_STDIN),
     "lets an app watch a repository",
     "Allowed are https://…, ssh://…, user@host:path, and file:///… below git.file_roots. A private repository's\n"
     "token is read from stdin, stored sealed, and given to git for the URL's host only. All apps that watch a\n"
     "repository watch the same branch.",
     "producer add-repository \"Demo app\" https://github.com/octocat/hello-world\n"
     "producer add-repository \"Demo app\" https://github.com/octocat/secret --token-stdin <token.txt",
     run_add_repository},
    {"remove-repository", REGISTER, "<app> <repo>", 2, 2, OPTION(OPTION_YES), "ends an app's watch over a repository",
     "Ends the watch and removes the record of what was sent. The repository itself goes with the last app that\n"
     "watched it. What the client holds stays there.",
     "producer remove-repository \"Demo app\" octocat/hello-world", run_remove_repository},

    {"definitions", DEFINITIONS, "", 0, 0, PAGE, "lists definitions, and what is wrong with their files",
     "Lists what can be run, as the database has it since the last re-sync. A file that cannot be used is shown with\n"
     "line and column, and the exit code is 1; where there was a good version before, that one stays in force.",
     "producer definitions\nproducer definitions --json", run_definitions},
    {"definition", DEFINITIONS, "<definition>", 1, 1, 0, "shows one definition: arguments, phases, versions, schedule",
     "Shows what is in force. Operations keep the version that they began with, whatever comes later.",
     "producer definition resync-app", run_one_definition},
    {"resync-definitions", DEFINITIONS, "", 0, 0, OPTION(OPTION_FORCE), "reads the files of definitions again",
     "Brings the database up to date with the files of definitions.dir and of all projects, as this host has them, "
     "and\n"
     "tells what was new, updated, reactivated, archived or in error (then the exit code is 1). All workers follow at\n"
     "once, for new operations; what is under way keeps its version.\n"
     "The newer release wins: where a newer one has brought the definitions, this one's are refused (exit code 4),\n"
     "unless --force says that the older ones are wanted, after a roll-back. A directory that has, and had, none of\n"
     "the definitions that are known archives nothing.",
     "producer resync-definitions\nproducer resync-definitions --json", run_resync_definitions},
    {"archive", DEFINITIONS, "<definition>", 1, 1, 0, "takes a definition out of use",
     "Nothing new is accepted of it, and its schedule rests. What is under way goes on. No re-sync changes that.",
     "producer archive rescan", run_archive},
    {"unarchive", DEFINITIONS, "<definition>", 1, 1, 0, "takes it into use again",
     "Ends what archive began. Ticks that passed meanwhile are not made up for.", "producer unarchive rescan",
     run_unarchive},
    {"schedule", DEFINITIONS, "[definition]", 0, 1, PAGE, "lists what starts by the clock, and what came of it",
     "Lists the definitions that have a schedule with their last and next ticks, in UTC. With a definition: its "
     "ticks,\n"
     "the newest first, each with the operation that it started, or why it was skipped.",
     "producer schedule\nproducer schedule rescan", run_schedule},
    {"projects", DEFINITIONS, "", 0, 0, PAGE, "lists projects",
     "Lists the projects, and how many definitions each has.", "producer projects", run_projects},
    {"add-project", DEFINITIONS, "<id> <name> <path>", 3, 3, 0, "lets a project have definitions of its own",
     "They lie below <path>/.agent/workflows/definitions/ and are called <id>/<definition>. The path must lie under "
     "one\n"
     "of definitions.roots, on every host that re-syncs.",
     "producer add-project shop \"The shop\" /srv/projects/shop", run_add_project},
    {"remove-project", DEFINITIONS, "<id>", 1, 1, OPTION(OPTION_YES), "removes a project and its definitions",
     "Removes it with its definitions and the record of their ticks. Its files stay, and so do operations.",
     "producer remove-project shop", run_remove_project},

    {"migrate", INSTALLATION, "", 0, 0, 0, "brings the database's schema up to date",
     "Applies the migrations that the database lacks, each in a transaction of its own. Make a backup before: there "
     "is\n"
     "no way back but that. A worker does the same when it starts, unless migrate.auto is false; other programs make\n"
     "the schema only where there is none, and refuse an older one. Two at once take turns. A schema newer than this\n"
     "program is refused (exit code 4).",
     "producer migrate", run_migrate},
    {"adopt-redis", INSTALLATION, "", 0, 0, OPTION(OPTION_YES),
     "makes Redis this installation's where it was another's",
     "Redis remembers which installation its content under redis.prefix belongs to, and programs of another one are\n"
     "refused there. Where that other is gone, or this database is a copy that takes its place, this gives Redis to\n"
     "this one: its queues are made again from PostgreSQL, and requests that wait in the inbox stay. Refused (exit\n"
     "code 4) while a worker of the other is alive.",
     "producer adopt-redis --yes", run_adopt_redis},
    {"rekey", INSTALLATION, "", 0, 0, 0, "seals all secrets with a new key",
     "Set encryption.key to the new key and encryption.key_old to the one before, for this and for the workers, run\n"
     "this, and then take the old key away. It may be interrupted and run again.",
     "REPRISE_ENCRYPTION_KEY_OLD=… REPRISE_ENCRYPTION_KEY=… producer rekey", run_rekey},
    {"doctor", INSTALLATION, "", 0, 0, OPTION(OPTION_REPAIR) | OPTION(OPTION_DEEP), "checks that all is as it must be",
     "Checks the invariants I1 to I10 (docs/invariants.md) and the environment: schema, Redis' settings, what\n"
     "workers wait for, and which of them lack an encryption key that is needed. It changes nothing without\n"
     "--repair, and takes some seconds where something is in motion. If an\n"
     "invariant is violated the exit code is 1; with --repair, if one still is afterwards.",
     "producer doctor\nproducer doctor --repair", run_doctor},
    {NULL, NULL, NULL, 0, 0, 0, NULL, NULL, NULL, NULL},
};

const struct command *command_find(const char *name)
{
    for (const struct command *command = commands; command->name != NULL; command++)
        if (strcmp(command->name, name) == 0)
            return command;
    return NULL;
}
