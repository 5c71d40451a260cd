/*
 * JSON Web Tokens for programs that call the API: HS256 with jwt.secret, a subject, an expiry. Whatever a token's
 * header says of its algorithm, only HS256 counts.
 */
#ifndef REPRISE_DASHBOARD_TOKEN_H
#define REPRISE_DASHBOARD_TOKEN_H

#include <stdint.h>

#include "common/base/err.h"

#define TOKEN_SUBJECT_MAX 201 /* with the NUL */

/* A new token; the caller's. ERR_USAGE: no secret, or a subject that is empty or too long. */
MUST_CHECK enum err token_issue(const char *secret, const char *subject, int64_t lifetime_ms, char **token,
                                struct err_info *error);
/* ERR_USAGE if it is not ours, forged, expired, or lacks `exp` or `sub`; the text does not say which. */
MUST_CHECK enum err token_verify(const char *secret, const char *token, char subject[TOKEN_SUBJECT_MAX],
                                 struct err_info *error);

#endif
