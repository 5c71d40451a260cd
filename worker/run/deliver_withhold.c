#include "worker/run/deliver_withhold.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

void deliver_withhold(struct deliver *deliver, const char *path, int64_t size, const char *setting)
{
    struct err_info sentence; /* for its rules: no control characters, no endless paths */
    if (deliver->skipped.first_large != NULL)
        return;
    err_set(&sentence, ERR_PERMANENT, "%.300s has %" PRId64 " bytes, which is more than %s", path, size, setting);
    deliver->skipped.first_large = mem_strdup(sentence.text);
}

bool deliver_takes_back(const struct deliver *deliver, const struct deliver_change *change)
{
    bool may_be_held = change->held_sha != NULL || change->doubt != NULL;
    return may_be_held && strcmp(deliver->run->config->deliver_too_large, "delete") == 0;
}

char *deliver_withhold_limits(const struct config *config)
{
    struct buf limits = BUF_INIT;
    buf_addf(&limits, "%" PRId64 "/%" PRId64 "/%s", config->deliver_max_text_bytes, config->deliver_max_file_bytes,
             config->deliver_too_large);
    return buf_take(&limits);
}

bool deliver_is_withheld_still(const struct deliver *deliver)
{
    const struct deliver_link *link = &deliver->link;
    if (link->withheld == NULL)
        return true;
    char *limits = deliver_withhold_limits(deliver->run->config);
    bool is_same = link->withheld_limits != NULL && strcmp(limits, link->withheld_limits) == 0;
    free(limits);
    return is_same;
}

char *deliver_withheld(const struct deliver *deliver)
{
    const struct deliver_skipped *skipped = &deliver->skipped;
    struct buf sentence = BUF_INIT;
    int64_t count = skipped->large_texts + skipped->large_files;
    if (deliver_is_unchanged(deliver))
        return deliver->link.withheld != NULL ? mem_strdup(deliver->link.withheld) : NULL;
    if (count == 0)
        return NULL;
    buf_addf(&sentence, "%" PRId64 " %s too large and not sent: %s%s", count, count == 1 ? "file is" : "files are",
             skipped->first_large, count == 1 ? "" : ", for one");
    return buf_take(&sentence);
}
