#include "dashboard/confirmation.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/json.h"
#include "dashboard/call.h"

#define US_PER_S INT64_C(1000000)
#define LIFE_S 600
#define DIGITS_MAX 15 /* of a number; it cannot overflow then */
/* A count may move so much, or by so many: a link that was added meanwhile is no reason to ask again. */
#define MARGIN_PERCENT 5
#define MARGIN_JOBS 3

/* The key is of this installation: derived from what all its programs know, for there may be several dashboards. */
static void confirmation_seal(const struct call *call, const struct submission *submission, int64_t at_s, int64_t jobs,
                              char out[SHA256_HEX + 1])
{
    const struct config *config = call_config(call);
    struct buf text = BUF_INIT;
    uint8_t mac[SHA256_BYTES];
    char digest[SHA256_HEX + 1];
    definition_digest(submission->found.definition, digest);
    buf_addf(&text, "confirmation\n%" PRId64 "\n%" PRId64 "\n%s\n%s\n%s\n", at_s, jobs, submission->found.handle,
             digest, call->caller.name);
    json_add_canonical(&text, submission->args);
    struct digest *hmac = digest_hmac_sha256_new(config->encryption_key, strlen(config->encryption_key));
    digest_add(hmac, text.data, text.len);
    digest_end(hmac, mac);
    digest_drop(hmac);
    crypto_hex(mac, sizeof mac, out);
    buf_fini(&text);
}

char *confirmation_write(const struct call *call, const struct submission *submission)
{
    char mac[SHA256_HEX + 1];
    struct buf text = BUF_INIT;
    int64_t now_s = clock_wall_us() / US_PER_S;
    confirmation_seal(call, submission, now_s, submission->preview.jobs, mac);
    buf_addf(&text, "%" PRId64 ".%" PRId64 ".%s", now_s, submission->preview.jobs, mac);
    return buf_take(&text);
}

static bool count_moved(int64_t seen, int64_t now)
{
    int64_t by = seen > now ? seen - now : now - seen;
    return by > MARGIN_JOBS && by * 100 > seen * MARGIN_PERCENT;
}

/* A number and the point behind it; moves on. A count that is not known is -1. */
static bool take_number(const char **at, int64_t *number)
{
    bool negative = **at == '-';
    const char *digits = *at + negative;
    size_t count = strspn(digits, "0123456789");
    if (count == 0 || count > DIGITS_MAX || digits[count] != '.')
        return false;
    *number = strtoll(*at, NULL, 10);
    *at = digits + count + 1;
    return true;
}

enum err confirmation_check(const struct call *call, const char *confirmation, const struct submission *submission,
                            struct err_info *error)
{
    char mac[SHA256_HEX + 1];
    int64_t at_s = 0, jobs = 0, now_s = clock_wall_us() / US_PER_S;
    bool ours =
        take_number(&confirmation, &at_s) && take_number(&confirmation, &jobs) && strlen(confirmation) == SHA256_HEX;
    if (ours) {
        confirmation_seal(call, submission, at_s, jobs, mac);
        ours = crypto_equal(mac, confirmation, SHA256_HEX);
    }
    if (!ours)
        return err_set(error, ERR_USAGE, "the confirmation is not of a preview of this request: ask for a new preview");
    if (now_s - at_s > LIFE_S)
        return err_set(error, ERR_CONFLICT, "the preview is older than %d minutes: look at a new one", LIFE_S / 60);
    if (count_moved(jobs, submission->preview.jobs))
        return err_set(error, ERR_CONFLICT,
                       "the preview said %" PRId64 " jobs, by now it would be %" PRId64 ": look at a new one", jobs,
                       submission->preview.jobs);
    return ERR_OK;
}
