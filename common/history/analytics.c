#include "common/history/analytics.h"

double analytics_percent(int64_t part, int64_t whole)
{
    return whole > 0 ? 100.0 * (double)part / (double)whole : 0;
}

bool analytics_trend_percent(double now, double before, double *percent)
{
    if (before <= 0)
        return false;
    *percent = 100.0 * (now - before) / before;
    return true;
}

size_t analytics_peak_hours(const int64_t runs[ANALYTICS_HOURS], int peaks[ANALYTICS_PEAKS])
{
    size_t count = 0;
    for (int hour = 0; hour < ANALYTICS_HOURS; hour++) {
        size_t place = count;
        while (place > 0 && runs[peaks[place - 1]] < runs[hour])
            place--;
        if (runs[hour] <= 0 || place == ANALYTICS_PEAKS)
            continue;
        count += count < ANALYTICS_PEAKS;
        for (size_t i = count - 1; i > place; i--)
            peaks[i] = peaks[i - 1];
        peaks[place] = hour;
    }
    return count;
}
