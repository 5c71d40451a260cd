/*
 * The installation itself: `migrate` brings the schema up to date, `adopt-redis` takes a Redis over, `doctor` checks
 * the invariants (common/doctor) and mends what it can. Doctor never migrates, and judges a schema as it is. Called by
 * the table of commands (commands.c).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/doctor/doctor.h"
#include "common/queue/redis_owner.h"
#include "common/store/migrate.h"
#include "embedded/sql_producer.h"
#include "producer/out.h"
#include "producer/session.h"

/* ---- migrate --------------------------------------------------------------------------------------------------- */

static void show_schema(const struct session *session, const struct migrate_done *done)
{
    if (session->json) {
        struct json_object *document = json_object_new_object();
        json_object_object_add(document, "before", json_object_new_int(done->before));
        json_object_object_add(document, "version", json_object_new_int(done->version));
        json_object_object_add(document, "applied", json_object_new_int(done->applied));
        out_json(document);
    } else if (done->applied == 0) {
        out_line("The schema is at version %d; nothing was to be done.", done->version);
    } else {
        out_line("The schema was brought from version %d to %d.", done->before, done->version);
    }
}

enum err run_migrate(struct session *session, struct err_info *error)
{
    struct migrate_done done;
    enum err err = session_postgres_as_it_is(session, error);
    if (err == ERR_OK)
        err = migrate_ensure(session->pg, MIGRATE_ANY, &done, error);
    if (err == ERR_OK)
        show_schema(session, &done);
    return err;
}

/* ---- adopt-redis ------------------------------------------------------------------------------------------------ */

enum err run_adopt_redis(struct session *session, struct err_info *error)
{
    bool taken = false;
    enum err err = session_postgres(session, error);
    if (err == ERR_OK)
        err = session_redis(session, error);
    if (err == ERR_OK)
        err = session_confirm(session,
                              "This makes Redis under this prefix this installation's, and makes its queues again from "
                              "PostgreSQL.",
                              error);
    if (err == ERR_OK)
        err = redis_owner_take(&session->dispatch, session->pg, &taken, error);
    if (err != ERR_OK)
        return err;
    if (session->json) {
        struct json_object *document = json_object_new_object();
        json_object_object_add(document, "prefix", json_object_new_string(session->dispatch.prefix));
        json_object_object_add(document, "taken", json_object_new_boolean(taken));
        out_json(document);
    } else {
        out_line(taken ? "Redis under %s is this installation's now; the next worker makes its queues again."
                       : "Redis under %s was this installation's already; nothing was to be done.",
                 session->dispatch.prefix);
    }
    return ERR_OK;
}

/* ---- doctor ---------------------------------------------------------------------------------------------------- */

static struct json_object *report_json(const struct doctor_report *report)
{
    struct json_object *array = json_object_new_array();
    for (size_t i = 0; i < report->count; i++) {
        const struct doctor_finding *finding = &report->findings[i];
        struct json_object *object = json_object_new_object();
        json_object_object_add(object, "invariant", json_object_new_int(finding->invariant));
        json_object_object_add(object, "severity", json_object_new_string(severity_name(finding->severity)));
        json_object_object_add(object, "subject", json_object_new_string(finding->subject));
        json_object_object_add(object, "text", json_object_new_string(finding->text));
        json_object_object_add(object, "repairable", json_object_new_boolean(finding->repairable));
        json_object_array_add(array, object);
    }
    return array;
}

static void show_report(const struct doctor_report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        const struct doctor_finding *f = &report->findings[i];
        char label[16] = "    ";
        if (f->invariant > 0)
            snprintf(label, sizeof label, "I%-3d", f->invariant);
        out_line("%s %-9s %s%s%s%s", label, severity_name(f->severity), f->subject, *f->subject == '\0' ? "" : ": ",
                 f->text, f->repairable ? "  [--repair can mend it]" : "");
    }
}

struct visit {
    struct doctor_report *found, *done, *after; /* `done` and `after` only with --repair */
};

static enum err doctor_look(struct session *session, struct doctor_report **report, struct err_info *error)
{
    struct doctor_options wanted = DOCTOR_DEFAULTS;
    struct crypto_keys keys = {0};
    enum err err = crypto_keys_read(&keys, session->config.encryption_key, session->config.encryption_key_old, error);
    if (err != ERR_OK)
        return err;
    wanted.depth = session_has(session, OPTION_DEEP) ? DOCTOR_DEEP : DOCTOR_RECENT;
    wanted.retention_ms = session->config.outcome_retention_ms;
    wanted.keys = &keys;
    err = doctor_check(session->pg, &session->dispatch, &wanted, report, error);
    crypto_wipe(&keys, sizeof keys);
    return err;
}

static enum err doctor_visit(struct session *session, struct visit *visit, struct err_info *error)
{
    enum err err = session_postgres_as_it_is(session, error);
    if (err == ERR_OK)
        err = session_redis(session, error);
    if (err == ERR_OK)
        err = doctor_look(session, &visit->found, error);
    if (err != ERR_OK || !session_has(session, OPTION_REPAIR))
        return err;
    err = doctor_repair(session->pg, &session->dispatch, visit->found, &visit->done, error);
    return err == ERR_OK ? doctor_look(session, &visit->after, error) : err;
}

static void show_visit(const struct session *session, const struct visit *visit)
{
    if (session->json) {
        struct json_object *document = json_object_new_object();
        json_object_object_add(document, "findings", report_json(visit->found));
        if (visit->done != NULL)
            json_object_object_add(document, "repairs", report_json(visit->done));
        if (visit->after != NULL)
            json_object_object_add(document, "afterwards", report_json(visit->after));
        out_json(document);
        return;
    }
    show_report(visit->found);
    if (visit->done != NULL) {
        out_line("Repairs:");
        show_report(visit->done);
    }
    if (visit->after != NULL) {
        out_line("Afterwards:");
        show_report(visit->after);
    }
}

enum err run_doctor(struct session *session, struct err_info *error)
{
    struct visit all = {0};
    enum err err = doctor_visit(session, &all, error);
    if (all.found != NULL)
        show_visit(session, &all);
    if (err == ERR_OK && doctor_worst(all.after != NULL ? all.after : all.found) == DOCTOR_VIOLATION)
        session->exit_code = err_exit_code(ERR_PERMANENT);
    doctor_report_drop(all.found);
    doctor_report_drop(all.done);
    doctor_report_drop(all.after);
    return err;
}

/* ---- run rekey --------------------------------------------------------------------------------------------------- */

/*
 * `rekey`: every secret that only the old encryption key opens, or that is not bound to its row, is sealed again. Page
 * by page, each row only while it is still what was read; so it can be interrupted, repeated, and run beside everything
 * else.
 */

struct rekeying {
    struct pg *pg;
    const struct crypto_keys *keys;
    int64_t rewritten, kept, unreadable;
};

struct secrets {
    const char *what;
    const struct sql *page, *reseal;
};

static const struct secrets tables[] = {
    {"key of the app", &sql_producer_secrets_of_apps, &sql_producer_secret_of_app_reseal},
    {"token of the link", &sql_producer_secrets_of_links, &sql_producer_secret_of_link_reseal},
};

/* One of them, in a page of a table. */
struct sealed_row {
    const struct secrets *table;
    const PGresult *page;
    int row;
};

static const char *sealed_column(const struct sealed_row *at, int column)
{
    return pg_text(at->page, at->row, column);
}

static struct crypto_secret secret_of(const struct sealed_row *at)
{
    const char *app = sealed_column(at, 0), *repository = sealed_column(at, 1), *sealed = sealed_column(at, 2);
    if (at->table == &tables[0])
        return (struct crypto_secret){sealed, CRYPTO_KEY_OF_APP(app)};
    return (struct crypto_secret){sealed, CRYPTO_TOKEN_OF_LINK(app, repository)};
}

static enum err rekey_seal(struct rekeying *r, const struct sealed_row *at, const struct buf *plain,
                           struct err_info *error)
{
    struct buf sealed = BUF_INIT;
    const struct crypto_secret secret = secret_of(at);
    enum err err = crypto_seal_at(r->keys, &secret.place, plain->data == NULL ? "" : plain->data, &sealed, error);
    if (err == ERR_OK) {
        struct pg_args *args = pg_args_new();
        for (int column = 0; column < 3; column++)
            pg_arg_text(args, sealed_column(at, column));
        pg_arg_text(args, sealed.data);
        err = pg_exec(r->pg, at->table->reseal, args, NULL, error);
        pg_args_drop(args);
    }
    buf_fini(&sealed);
    r->rewritten += err == ERR_OK;
    return err;
}

static enum err rekey_row(struct rekeying *r, const struct sealed_row *at, struct err_info *error)
{
    struct buf plain = BUF_INIT;
    enum crypto_sealing sealing = CRYPTO_SEALED_HERE;
    struct err_info why = {0};
    const struct crypto_secret secret = secret_of(at);
    enum err err = crypto_open_at(r->keys, &secret, &plain, &sealing, &why);
    if (err != ERR_OK) {
        const char *repository = sealed_column(at, 1);
        out_note("The %s %s%s%s cannot be read: %s", at->table->what, sealed_column(at, 0),
                 repository == NULL ? "" : "/", repository == NULL ? "" : repository, why.text);
        r->unreadable++;
        err = ERR_OK;
    } else if (sealing != CRYPTO_SEALED_HERE) {
        err = rekey_seal(r, at, &plain, error);
    } else {
        r->kept++;
    }
    if (plain.data != NULL)
        crypto_wipe(plain.data, plain.cap);
    buf_fini(&plain);
    return err;
}

/* `after` is where the page before ended, and becomes where this one does; `*rows` falls to 0 at the end. */
static enum err rekey_page(struct rekeying *r, const struct secrets *table, char *after[2], int *rows,
                           struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    for (size_t i = 0; i < (table == &tables[0] ? 1U : 2U); i++)
        pg_arg_text(args, after[i]);
    PGresult *page = NULL;
    enum err err = pg_exec(r->pg, table->page, args, &page, error);
    pg_args_drop(args);
    *rows = err == ERR_OK ? pg_rows(page) : 0;
    for (int row = 0; row < *rows && err == ERR_OK; row++)
        err = rekey_row(r, &(struct sealed_row){table, page, row}, error);
    for (int i = 0; i < 2 && *rows > 0; i++) {
        const char *last = pg_text(page, *rows - 1, i);
        free(after[i]);
        after[i] = last == NULL ? NULL : mem_strdup(last);
    }
    PQclear(page);
    return err;
}

static enum err rekey_table(struct rekeying *r, const struct secrets *table, struct err_info *error)
{
    char *after[2] = {NULL, NULL};
    int rows = 1;
    enum err err = ERR_OK;
    while (err == ERR_OK && rows > 0)
        err = rekey_page(r, table, after, &rows, error);
    free(after[0]);
    free(after[1]);
    return err;
}

static void show_rekeying(const struct session *session, const struct rekeying *r)
{
    if (!session->json) {
        out_line("%lld sealed with the new key, %lld are as they should be, %lld cannot be read",
                 (long long)r->rewritten, (long long)r->kept, (long long)r->unreadable);
        return;
    }
    struct json_object *document = json_object_new_object();
    json_object_object_add(document, "rewritten", json_object_new_int64(r->rewritten));
    json_object_object_add(document, "kept", json_object_new_int64(r->kept));
    json_object_object_add(document, "unreadable", json_object_new_int64(r->unreadable));
    out_json(document);
}

enum err run_rekey(struct session *session, struct err_info *error)
{
    struct crypto_keys keys = {0};
    enum err err = session_keys(session, &keys, error);
    if (err == ERR_OK)
        err = session_postgres(session, error);
    struct rekeying r = {.pg = session->pg, .keys = &keys};
    for (size_t i = 0; i < sizeof tables / sizeof *tables && err == ERR_OK; i++)
        err = rekey_table(&r, &tables[i], error);
    crypto_wipe(&keys, sizeof keys);
    if (err != ERR_OK)
        return err;
    show_rekeying(session, &r);
    if (r.unreadable > 0)
        session->exit_code = err_exit_code(ERR_PERMANENT);
    return ERR_OK;
}
