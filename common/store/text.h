/*
 * Text that the build embeds: SQL statements from sql/ (cmake/embed_sql.py), Lua scripts from common/queue/lua/
 * (cmake/embed.py). C holds neither in strings, so each can be read, checked and planned for itself.
 */
#ifndef REPRISE_STORE_TEXT_H
#define REPRISE_STORE_TEXT_H

/* A statement: `name` is its folder of sql/ and its head there; `number` is its place among all of them, from 0, or
 * SQL_UNPREPARED of one that a definition brings along: it is parsed each time that it runs. */
#define SQL_UNPREPARED (-1)
struct sql {
    const char *name;
    int number;
    const char *text;
};

/* A script for Redis: `name` is its file's name; `number` is its place in lua_all, from 0. */
struct lua {
    const char *name;
    int number;
    const char *text;
};

/* A JSON schema of the HTTP API: `name` is its file's name. */
struct schema {
    const char *name;
    int number;
    const char *text;
};

#endif
