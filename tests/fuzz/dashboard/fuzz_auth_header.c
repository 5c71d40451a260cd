/* Authorization and Cookie: what is taken is one token of harmless characters that stands in the header; no token of
 * chance is a valid JWT. */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "dashboard/request_headers.h"
#include "dashboard/token.h"
#include "tests/fuzz/fuzz.h"

#define SECRET "a secret of thirty-two bytes, or more"

static void check(const char *header, const char *token)
{
    struct token_claims claims;
    struct err_info error;
    FUZZ_CHECK(*token && strlen(token) < HEADER_TOKEN_MAX && strstr(header, token) != NULL);
    FUZZ_CHECK(token[strcspn(token, " ;,\"\\\t\r\n")] == '\0');
    FUZZ_CHECK(token_verify(SECRET, token, &claims, &error) == ERR_USAGE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *header = mem_strndup((const char *)data, size), token[HEADER_TOKEN_MAX];
    if (header_bearer(header, token))
        check(header, token);
    if (header_cookie(header, "__Host-reprise_session", token))
        check(header, token);
    free(header);
    return 0;
}
