/*
 * What the doctor says. A finding stands at once; a suspicion becomes a finding when every look during `wait_ms` has
 * seen it with the same stamp: a running system is always in the middle of something.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/base/utf8.h"
#include "common/doctor/doctor_private.h"

const char *severity_name(enum severity severity)
{
    static const char *const names[] = {"ok", "note", "warning", "violation"};
    return names[severity];
}

enum severity doctor_worst(const struct doctor_report *report)
{
    enum severity worst = DOCTOR_OK;
    for (size_t i = 0; i < report->count; i++)
        if (report->findings[i].severity > worst)
            worst = report->findings[i].severity;
    return worst;
}

/* Ids and keys come from tables and lists that others write to: control characters go. */
static char *shown(const char *text)
{
    size_t size = 4 * strlen(text) + 1;
    char *out = mem_alloc(size);
    printable_copy(out, size, text, strlen(text));
    return out;
}

static PRINTF_LIKE(2, 0) struct doctor_finding
    finding_make(const struct finding_on *on, const char *format, va_list values)
{
    char text[ERR_TEXT_MAX];
    vsnprintf(text, sizeof text, format, values);
    return (struct doctor_finding){on->invariant,
                                   on->severity,
                                   shown(on->subject == NULL ? "" : on->subject),
                                   shown(text),
                                   on->remedy != DOCTOR_LEAVE,
                                   on->remedy};
}

static void finding_fini(struct doctor_finding *finding)
{
    free(finding->subject);
    free(finding->text);
}

void doctor_report_drop(struct doctor_report *report)
{
    if (report == NULL)
        return;
    for (size_t i = 0; i < report->count; i++)
        finding_fini(&report->findings[i]);
    free(report->findings);
    free(report);
}

static void append(struct doctor_report *report, struct doctor_finding finding)
{
    report->findings = mem_grow(report->findings, report->count + 1, sizeof *report->findings);
    report->findings[report->count++] = finding;
}

void report_add(struct doctor_report *report, const struct finding_on *on, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    append(report, finding_make(on, format, values));
    va_end(values);
}

static bool is_same(const struct doctor_finding *a, const struct doctor_finding *b)
{
    return a->invariant == b->invariant && strcmp(a->subject, b->subject) == 0 && strcmp(a->text, b->text) == 0;
}

void doctor_arg_bound(const struct doctor *doctor, struct pg_args *args, int64_t bound)
{
    if (doctor->options->depth == DOCTOR_DEEP)
        pg_arg_null(args);
    else
        pg_arg_int8(args, bound);
}

void doctor_say(struct doctor *doctor, const struct finding_on *on, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    struct doctor_finding finding = finding_make(on, format, values);
    va_end(values);
    for (size_t i = 0; i < doctor->report->count; i++)
        if (is_same(&doctor->report->findings[i], &finding)) {
            finding_fini(&finding);
            return;
        }
    append(doctor->report, finding);
}

static int finding_compare(const void *left, const void *right)
{
    const struct doctor_finding *a = left, *b = right;
    if (a->invariant != b->invariant)
        return a->invariant - b->invariant;
    if (a->severity != b->severity)
        return (int)b->severity - (int)a->severity;
    int order = strcmp(a->subject, b->subject);
    return order != 0 ? order : strcmp(a->text, b->text);
}

void report_sort(struct doctor_report *report)
{
    if (report->count > 1)
        qsort(report->findings, report->count, sizeof *report->findings, finding_compare);
}

/* ---- suspicions -------------------------------------------------------------------------------------------------- */

static struct suspicion *known(struct doctor *doctor, const char *format, const struct doctor_finding *finding)
{
    for (size_t i = 0; i < doctor->suspicion_count; i++) {
        struct suspicion *s = &doctor->suspicions[i];
        if (s->format == format && s->finding.invariant == finding->invariant &&
            strcmp(s->finding.subject, finding->subject) == 0)
            return s;
    }
    return NULL;
}

void doctor_suspect(struct doctor *doctor, const struct finding_on *on, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    struct doctor_finding finding = finding_make(on, format, values);
    va_end(values);
    struct suspicion *s = known(doctor, format, &finding);
    if (s == NULL) {
        doctor->suspicions = mem_grow(doctor->suspicions, doctor->suspicion_count + 1, sizeof *doctor->suspicions);
        s = &doctor->suspicions[doctor->suspicion_count++];
        *s = (struct suspicion){.format = format, .stamp = on->stamp, .since_ms = clock_mono_ms()};
    } else {
        finding_fini(&s->finding);
        if (s->stamp != on->stamp)
            s->since_ms = clock_mono_ms();
    }
    s->finding = finding;
    s->stamp = on->stamp;
    s->look = doctor->look;
}

bool suspicions_settle(struct doctor *doctor, int64_t now_ms)
{
    size_t kept = 0;
    for (size_t i = 0; i < doctor->suspicion_count; i++) {
        struct suspicion *s = &doctor->suspicions[i];
        if (s->look != doctor->look)
            finding_fini(&s->finding);
        else if (now_ms - s->since_ms >= doctor->options->wait_ms)
            append(doctor->report, s->finding);
        else
            doctor->suspicions[kept++] = *s;
    }
    doctor->suspicion_count = kept;
    return kept > 0;
}

void suspicions_drop(struct doctor *doctor)
{
    for (size_t i = 0; i < doctor->suspicion_count; i++)
        finding_fini(&doctor->suspicions[i].finding);
    free(doctor->suspicions);
    doctor->suspicions = NULL;
    doctor->suspicion_count = 0;
}
