#include "common/history/cost_rule.h"

enum cost_verdict cost_rule(const struct cost_question *question)
{
    bool forced = question->asker == COST_BY_FORCED_RESYNC;
    bool was_known = question->stored_nusd != MONEY_UNKNOWN;
    if (question->fresh_nusd == MONEY_UNKNOWN)
        return COST_NO_DATA;
    if (question->fresh_nusd == question->stored_nusd)
        return COST_SAME;
    if (forced || run_status_is_final(question->status) || !was_known)
        return COST_WRITE;
    return question->fresh_nusd > question->stored_nusd ? COST_WRITE : COST_KEEP;
}

const char *cost_rule_reason(const struct cost_question *question)
{
    if (question->asker == COST_BY_FORCED_RESYNC)
        return "resync_force";
    if (question->asker == COST_BY_RESYNC)
        return "resync";
    return run_status_is_final(question->status) ? "sync_final" : "sync_progressive";
}

const char *cost_rule_message(enum cost_verdict verdict)
{
    static const char *const messages[] = {
        [COST_WRITE] = "Cost data resynced successfully",
        [COST_SAME] = "Cost data already up to date",
        [COST_KEEP] = "Cost data already up to date",
        [COST_NO_DATA] = "No cost data available",
    };
    return messages[verdict];
}

void cost_rule_add_log(struct buf *buf, const char *adw_id, const struct cost_question *question)
{
    const char *word = run_status_is_final(question->status) ? "final" : "progressive";
    buf_addf(buf, "%s cost %s: ", word, adw_id);
    money_add_text(buf, question->stored_nusd);
    buf_add_str(buf, " → ");
    money_add_text(buf, question->fresh_nusd);
    buf_addf(buf, " (%s)", run_status_name(question->status));
}
