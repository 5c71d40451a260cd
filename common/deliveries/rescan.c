#include "common/deliveries/rescan.h"

int64_t rescan_failed_age_ms(int64_t rescan_age_ms, int retry_count)
{
    int64_t age_ms = rescan_age_ms;
    for (int i = 0; i < retry_count && age_ms > 0 && age_ms < RESCAN_FAILED_MAX_MS; i++)
        age_ms *= 2;
    return age_ms < RESCAN_FAILED_MAX_MS ? age_ms : RESCAN_FAILED_MAX_MS;
}

bool rescan_is_due(const struct rescan_link *link, int64_t rescan_age_ms, int64_t now_us)
{
    if (circuit_is_open(&link->circuit, now_us))
        return false;
    if (link->result == RESCAN_NEVER)
        return true;
    int64_t age_ms = (now_us - link->last_scanned_us) / 1000;
    if (link->result == RESCAN_SYNCED)
        return age_ms > rescan_age_ms;
    return age_ms > rescan_failed_age_ms(rescan_age_ms, link->retry_count);
}
