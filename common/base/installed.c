#include "common/base/installed.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/buf.h"

#define PLACE "/share/reprise/"

/* Cuts the last name off; false where there is none. */
static bool cut_name(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash == NULL)
        return false;
    *slash = '\0';
    return true;
}

char *installed_data(const char *name)
{
    char path[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
    if (len <= 0)
        return NULL;
    path[len] = '\0';
    if (!cut_name(path) || !cut_name(path))
        return NULL;
    struct buf text = BUF_INIT;
    buf_addf(&text, "%s%s%s", path, PLACE, name);
    char *found = buf_take(&text);
    if (access(found, F_OK) == 0)
        return found;
    free(found);
    return NULL;
}
