/*
 * The installation itself: `migrate` brings the schema up to date, `doctor` checks the invariants (common/doctor) and
 * mends what it can. Doctor never migrates, and judges a schema as it is. Called by the table of commands (commands.c).
 */
#include <stdio.h>

#include "common/doctor/doctor.h"
#include "common/store/migrate.h"
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
    err = doctor_check(session->pg, session->dispatch.redis, session->dispatch.prefix, &wanted, report, error);
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
    err = doctor_repair(session->pg, session->dispatch.redis, session->dispatch.prefix, visit->found, &visit->done,
                        error);
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
