/*
 * Phases that a definition fills in with SQL of its own: where the jobs come from (a selection, or a range of numbers),
 * and the statement that changes what they name, or the effect of what a program made of them. Such statements run by
 * the role of `jobs.role`, with an empty search_path and limits of their own, in transactions of ours; their values are
 * always parameters.
 */
#ifndef REPRISE_QUEUE_RECIPE_H
#define REPRISE_QUEUE_RECIPE_H

#include "common/base/named_sql.h"
#include "common/queue/kind.h"
#include "common/queue/operation.h"

/* Names of selections: of a phase with `items: {sql: …}`, and of one with `items: {range: …}`. */
#define RECIPE_SQL "sql"
#define RECIPE_RANGE "range"

/* What a selection may name, what a statement may name. In this order. */
enum { RECIPE_ARGS, RECIPE_AFTER, RECIPE_LIMIT };
extern const struct named_sql_param recipe_selection_params[];
enum { RECIPE_KEYS, RECIPE_ITEMS, RECIPE_STATEMENT_ARGS };
extern const struct named_sql_param recipe_statement_params[];
/* What an effect may name: the same, and the results. */
enum { RECIPE_RESULTS = RECIPE_STATEMENT_ARGS + 1 };
extern const struct named_sql_param recipe_effect_params[];

/* The role (jobs.role; "" = none is set, and each statement is refused with that reason), and the statement_timeout.
 * Once, at a program's start, before there are threads. `role` is copied. */
void recipe_use_role(const char *role, int64_t statement_ms);
bool recipe_has_role(void);

/* Appends what makes the statements behind it those of the role, and what ends that. Between them stand statements of a
 * definition (SQL_UNPREPARED) and nothing else: ours would find none of their tables. Both in one batch, in an open
 * transaction. `most_ms`: at most the role's timeout. */
void recipe_enter(struct pg_batch *batch, int64_t most_ms);
void recipe_leave(struct pg_batch *batch);
/* The same for a statement that reads only: in a savepoint which is rolled back. */
void recipe_enter_to_read(struct pg_batch *batch, int64_t most_ms);
void recipe_leave_reading(struct pg_batch *batch);

/* Whether what passes elsewhere (ERR_RETRY) is here the fault of the statement: it took longer than it may, or a
 * selection wrote something. */
bool recipe_is_to_blame(const struct err_info *error);

/* One step of a phase's plan, in the planner's transaction: writes at most `limit` jobs. `planned`: how many (fewer
 * than the limit means that nothing is left), and the new cursor, the caller's; NULL where none was written. */
struct recipe_step {
    const struct operation *operation;
    const char *kind;
    int limit;
};
struct recipe_planned {
    int64_t count;
    char *cursor;
};
MUST_CHECK enum err recipe_plan(struct pg *pg, const struct recipe_step *step, struct recipe_planned *planned,
                                struct err_info *error);

#endif
