/* For check_cron.py. A line "SECONDS CRON" on stdin gives "PREVIOUS NEXT" on stdout, or "refused". */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/definitions/cron.h"

int main(void)
{
    char line[512];
    while (fgets(line, sizeof line, stdin) != NULL) {
        char *text = NULL;
        int64_t at_s = strtoll(line, &text, 10);
        struct cron cron;
        struct err_info error;
        text[strcspn(text, "\n")] = '\0';
        if (cron_parse(text, &cron, &error) == ERR_OK)
            printf("%" PRId64 " %" PRId64 "\n", cron_previous(&cron, at_s), cron_next(&cron, at_s));
        else
            puts("refused");
    }
    return 0;
}
