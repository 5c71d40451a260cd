#include "common/history/phase.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

static const char *const phases[] = {"plan", "build", "test", "review", "document", "ship"};
#define PHASES ((int)(sizeof(phases) / sizeof(phases[0])))

char *phase_of_agent(const char *directory)
{
    char *name = mem_strdup(directory);
    for (char *c = name; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    for (int i = 0; i < PHASES; i++) {
        if (strstr(name, phases[i]) == NULL)
            continue;
        free(name);
        return mem_strdup(phases[i]);
    }
    return name;
}

static int rank_of(const char *phase)
{
    int rank = 0;
    while (rank < PHASES && strcmp(phase, phases[rank]) != 0)
        rank++;
    return rank;
}

int phase_order(const char *a, const char *b)
{
    int left = rank_of(a), right = rank_of(b);
    return left != right ? left - right : strcmp(a, b);
}
