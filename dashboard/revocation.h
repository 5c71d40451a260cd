/* Tokens that were called back. They stand in PostgreSQL, so that all dashboards know at once. */
#ifndef REPRISE_DASHBOARD_REVOCATION_H
#define REPRISE_DASHBOARD_REVOCATION_H

#include "common/base/config.h"
#include "common/store/pg.h"
#include "dashboard/token.h"

/* Adds the question to a batch; the answer is one boolean: it was called back. */
void revocation_ask(struct pg_batch *batch, const struct token_claims *claims);
/* `what` is a token or its id. ERR_USAGE: it is no token of ours, or has no id. */
MUST_CHECK enum err revocation_of_token(const struct config *config, const char *what, struct err_info *error);
/* Of all tokens that `subject` was given until now. */
MUST_CHECK enum err revocation_of_subject(const struct config *config, const char *subject, struct err_info *error);

#endif
