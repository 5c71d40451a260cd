/*
 * A URL of Redis: what is taken is complete and within bounds; what is refused leaves nothing behind. An error shows no
 * run of the input, since any part of it may belong to a password.
 */
#include <string.h>

#include "common/base/mem.h"
#include "common/store/redis.h"
#include "tests/fuzz/fuzz.h"

static void check_taken(const struct redis_address *address)
{
    FUZZ_CHECK(!address->unix_path != !address->host);
    FUZZ_CHECK(!address->unix_path || (address->unix_path[0] == '/' && strlen(address->unix_path) <= 107));
    FUZZ_CHECK(!address->host || (address->host[0] != '\0' && address->port >= 1 && address->port <= 65535));
    FUZZ_CHECK(!address->user || (address->user[0] != '\0' && address->password));
    FUZZ_CHECK(!address->password || address->password[0] != '\0');
    FUZZ_CHECK(address->database >= 0);
}

/* The same URL gets the same words whatever letters stand in it: so they tell nothing of it. */
static void check_refused(const char *url, const struct err_info *error)
{
    char *other = mem_strdup(url);
    char *body = strstr(other, "://");
    for (char *c = body ? body + 3 : other + strlen(other); *c; c++) {
        if (*c >= 'g' && *c <= 'z') /* neither hex digits nor the letters of ?db= */
            *c = *c == 'q' ? 'r' : 'q';
    }
    struct redis_address address;
    struct err_info again = {0};
    FUZZ_CHECK(redis_address_parse(other, &address, &again) == ERR_USAGE);
    FUZZ_CHECK(strcmp(again.text, error->text) == 0);
    free(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *url = mem_strndup((const char *)data, size);
    struct redis_address address;
    struct err_info error = {0};
    if (redis_address_parse(url, &address, &error) == ERR_OK) {
        check_taken(&address);
        redis_address_fini(&address);
    } else {
        FUZZ_CHECK(error.code == ERR_USAGE);
        FUZZ_CHECK(!address.host && !address.unix_path && !address.user && !address.password);
        check_refused(url, &error);
    }
    free(url);
    return 0;
}
