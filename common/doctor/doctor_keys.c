/*
 * The encryption key. Which one a stored secret needs is found by trying, for its format does not tell; which ones a
 * worker holds, its heartbeat tells by fingerprints. Findings of invariant 0.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/mem.h"
#include "common/doctor/doctor_private.h"
#include "embedded/sql_doctor.h"

#define PAGE 1000
#define PRINTS_MAX 2

/* ---- what the secrets need --------------------------------------------------------------------------------------- */

enum opens { BY_CURRENT, UNBOUND, BY_OLD, BY_NEITHER, MALFORMED, OPENS_COUNT };

struct needs {
    struct doctor *doctor;
    int64_t count[OPENS_COUNT];
    char *first[OPENS_COUNT];                                                  /* whose; NULL = none */
    char current[CRYPTO_FINGERPRINT_HEX + 1], old[CRYPTO_FINGERPRINT_HEX + 1]; /* of this program's keys; "" = none */
};

static enum opens try_keys(const struct crypto_keys *keys, const struct crypto_secret *secret)
{
    static const enum opens opens[] = {
        [CRYPTO_SEALED_HERE] = BY_CURRENT, [CRYPTO_SEALED_FOR_ANYWHERE] = UNBOUND, [CRYPTO_SEALED_BY_OLD_KEY] = BY_OLD};
    struct buf plain = BUF_INIT;
    struct err_info ignored = {0};
    enum crypto_sealing sealing = CRYPTO_SEALED_HERE;
    enum err err = crypto_open_at(keys, secret, &plain, &sealing, &ignored);
    if (plain.data != NULL)
        crypto_wipe(plain.data, plain.cap);
    buf_fini(&plain);
    if (err == ERR_OK)
        return opens[sealing];
    return err == ERR_USAGE ? BY_NEITHER : MALFORMED;
}

static void count_secret(struct needs *needs, const PGresult *page, int row)
{
    if (pg_is_null(page, row, 2))
        return;
    const char *app = pg_text(page, row, 0), *repository = pg_text(page, row, 1);
    struct crypto_secret secret = {pg_text(page, row, 2), CRYPTO_KEY_OF_APP(app)};
    if (*repository != '\0')
        secret.place = CRYPTO_TOKEN_OF_LINK(app, repository);
    enum opens opens = try_keys(needs->doctor->options->keys, &secret);
    if (needs->count[opens]++ > 0)
        return;
    struct buf whose = BUF_INIT;
    buf_addf(&whose, *repository == '\0' ? "app %s" : "link %s/%s", app, repository);
    needs->first[opens] = buf_take(&whose);
}

static enum err count_page(struct needs *needs, const struct sql *statement, char *after[2], int *rows,
                           struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    PGresult *page = NULL;
    pg_arg_text(args, after[0]);
    pg_arg_text(args, after[1]);
    pg_arg_int8(args, PAGE);
    enum err err = pg_exec(needs->doctor->pg, statement, args, &page, error);
    pg_args_drop(args);
    *rows = err == ERR_OK ? pg_rows(page) : 0;
    for (int row = 0; row < *rows; row++)
        count_secret(needs, page, row);
    for (int i = 0; i < 2 && *rows > 0; i++) {
        free(after[i]);
        after[i] = mem_strdup(pg_text(page, *rows - 1, i));
    }
    PQclear(page);
    return err;
}

/* All of them only where the check-up is deep. */
static enum err count_table(struct needs *needs, const struct sql *statement, struct err_info *error)
{
    char *after[2] = {mem_strdup(""), mem_strdup("")};
    int rows = PAGE;
    enum err err = count_page(needs, statement, after, &rows, error);
    while (err == ERR_OK && rows == PAGE && needs->doctor->options->depth == DOCTOR_DEEP)
        err = count_page(needs, statement, after, &rows, error);
    free(after[0]);
    free(after[1]);
    return err;
}

static void say_unreadable(const struct needs *needs)
{
    struct finding_on on = {0, DOCTOR_WARNING, DOCTOR_LEAVE, "encryption key", 0};
    if (needs->count[BY_NEITHER] > 0)
        doctor_say(needs->doctor, &on,
                   "%" PRId64 " stored secrets (first: of %s) are opened by none of this program's keys (%s%s%s): set "
                   "REPRISE_ENCRYPTION_KEY or …_OLD to the one they were sealed with, here and for the workers; if it "
                   "is lost, add these apps and tokens again",
                   needs->count[BY_NEITHER], needs->first[BY_NEITHER], needs->current, *needs->old == '\0' ? "" : ", ",
                   needs->old);
    if (needs->count[UNBOUND] > 0) {
        on.severity = DOCTOR_NOTE;
        doctor_say(needs->doctor, &on,
                   "%" PRId64 " stored secrets (first: of %s) were sealed by an earlier version and would open in "
                   "another row, too: once all workers are of this version, run `producer rekey`",
                   needs->count[UNBOUND], needs->first[UNBOUND]);
        on.severity = DOCTOR_WARNING;
    }
    if (needs->count[MALFORMED] > 0)
        doctor_say(needs->doctor, &on,
                   "%" PRId64
                   " stored secrets (first: of %s) are malformed: their deliveries fail until the app or its "
                   "token is added again",
                   needs->count[MALFORMED], needs->first[MALFORMED]);
}

/* ---- what workers hold ------------------------------------------------------------------------------------------- */

struct holder {
    char name[DOCTOR_WORKER_MAX];
    char prints[PRINTS_MAX][CRYPTO_FINGERPRINT_HEX + 1];
    size_t count;
};

static bool holds(const struct holder *holder, const char *print)
{
    for (size_t i = 0; i < holder->count; i++)
        if (strcmp(holder->prints[i], print) == 0)
            return true;
    return false;
}

/* False of a worker that opens no secrets, or does not tell. */
static bool read_holder(const char *name, struct json_object *said, struct holder *holder)
{
    *holder = (struct holder){.count = 0};
    struct json_object *prints = json_get(said, "encryption_keys");
    bool delivers = json_get_int(json_get(said, "executors"), queue_names[QUEUE_DELIVERY], 0) > 0;
    bool tells = json_object_is_type(prints, json_type_array);
    size_t count = tells ? json_object_array_length(prints) : 0;
    for (size_t i = 0; i < count && i < PRINTS_MAX; i++)
        snprintf(holder->prints[holder->count++], sizeof *holder->prints, "%s",
                 json_object_get_string(json_object_array_get_idx(prints, i)));
    snprintf(holder->name, sizeof holder->name, "%s", name);
    return delivers && tells;
}

static void say_lacks(const struct needs *needs, const struct holder *holder, const char *text)
{
    struct finding_on on = {0, DOCTOR_WARNING, DOCTOR_LEAVE, holder->name, 0};
    doctor_say(needs->doctor, &on, "%s", text);
}

static void compare_with_needs(const struct needs *needs, const struct holder *holder)
{
    char text[512];
    if (holder->count == 0) {
        say_lacks(needs, holder,
                  "has no encryption key: what it takes of deliveries is put off; set REPRISE_ENCRYPTION_KEY there "
                  "and restart it");
        return;
    }
    if (*needs->current != '\0' && !holds(holder, needs->current)) {
        snprintf(text, sizeof text,
                 "holds another encryption key (%s) than this program (%s), which %" PRId64
                 " of the secrets looked at need%s: set REPRISE_ENCRYPTION_KEY there to the same and restart it",
                 holder->prints[0], needs->current, needs->count[BY_CURRENT] + needs->count[UNBOUND],
                 needs->count[BY_CURRENT] + needs->count[UNBOUND] > 0 ? "; their deliveries are put off"
                                                                      : " until `producer rekey`");
        say_lacks(needs, holder, text);
    }
    if (needs->count[BY_OLD] > 0 && !holds(holder, needs->old)) {
        snprintf(text, sizeof text,
                 "lacks the old encryption key (%s), which %" PRId64
                 " of the secrets looked at still need: run `producer rekey`, or set REPRISE_ENCRYPTION_KEY_OLD there "
                 "and restart it",
                 needs->old, needs->count[BY_OLD]);
        say_lacks(needs, holder, text);
    }
}

/* Without a key here, workers can be compared with one another only. */
static void compare_with_first(const struct needs *needs, const struct holder *first, const struct holder *holder)
{
    if (holder->count > 0 && first->count > 0 && strcmp(first->prints[0], holder->prints[0]) != 0) {
        char text[512];
        snprintf(text, sizeof text, "holds another encryption key (%s) than %s (%s): only one of them can be right",
                 holder->prints[0], first->name, first->prints[0]);
        say_lacks(needs, holder, text);
    }
}

struct judging {
    const struct needs *needs;
    struct holder first; /* that holds a key */
};

static void judge_worker(const char *name, struct json_object *said, void *context)
{
    struct judging *judging = context;
    const struct needs *needs = judging->needs;
    bool has_key = *needs->current != '\0' || *needs->old != '\0';
    struct holder holder;
    if (!read_holder(name, said, &holder))
        return;
    if (has_key || holder.count == 0)
        compare_with_needs(needs, &holder);
    else if (judging->first.count == 0)
        judging->first = holder;
    else
        compare_with_first(needs, &judging->first, &holder);
}

/* ---- both -------------------------------------------------------------------------------------------------------- */

static enum err read_needs(struct needs *needs, struct err_info *error)
{
    const struct crypto_keys *keys = needs->doctor->options->keys;
    if (keys == NULL || (!keys->has_current && !keys->has_old)) {
        doctor_say(needs->doctor, &(struct finding_on){0, DOCTOR_WARNING, DOCTOR_LEAVE, "encryption key", 0},
                   "secrets are stored, but this program has no encryption key (REPRISE_ENCRYPTION_KEY): whether the "
                   "workers hold the right one is not checked");
        return ERR_OK;
    }
    if (keys->has_current)
        crypto_fingerprint(keys->current, needs->current);
    if (keys->has_old)
        crypto_fingerprint(keys->old, needs->old);
    enum err err = count_table(needs, &sql_doctor_sealed_of_apps, error);
    if (err == ERR_OK)
        err = count_table(needs, &sql_doctor_sealed_of_links, error);
    say_unreadable(needs);
    return err;
}

enum err doctor_keys(struct doctor *doctor, struct err_info *error)
{
    struct needs needs = {.doctor = doctor};
    struct judging judging = {.needs = &needs};
    struct err_info of_redis = {0};
    enum err err = read_needs(&needs, error);
    if (err == ERR_OK && doctor->redis != NULL &&
        doctor_each_worker(doctor, judge_worker, &judging, &of_redis) != ERR_OK)
        doctor_say(doctor, &(struct finding_on){0, DOCTOR_NOTE, DOCTOR_LEAVE, "encryption key", 0},
                   "which keys the workers hold cannot be read: %s", of_redis.text);
    for (int i = 0; i < OPENS_COUNT; i++)
        free(needs.first[i]);
    return err;
}
