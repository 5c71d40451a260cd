/* What somebody may do: each role also what those before it may. A route wants one (route_role). */
#ifndef REPRISE_DASHBOARD_ROLE_H
#define REPRISE_DASHBOARD_ROLE_H

enum role {
    ROLE_NONE,
    ROLE_VIEWER,   /* looks */
    ROLE_OPERATOR, /* starts, pauses, cancels work */
    ROLE_ADMIN,    /* apps, repositories, definitions */
    ROLE_COUNT,
};

/* "viewer"; "" for ROLE_NONE. */
const char *role_name(enum role role);
/* ROLE_NONE: no role has this name. */
enum role role_of(const char *name);

#endif
