#include "dashboard/role.h"

#include <string.h>

static const char *const names[ROLE_COUNT] = {"", "viewer", "operator", "admin"};

const char *role_name(enum role role)
{
    return names[role];
}

enum role role_of(const char *name)
{
    for (enum role role = ROLE_VIEWER; role < ROLE_COUNT; role++)
        if (strcmp(name, names[role]) == 0)
            return role;
    return ROLE_NONE;
}
