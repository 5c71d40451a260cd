/*
 * The form of an error: its text without what differs from one job to the next, so that errors of one cause stand
 * together. Pure.
 *
 *   https://…, git@host:…, host:443, 10.0.0.1:80     <address>      numbers, also in words: v3, 12ms      <n>
 *   /tmp/x, src/a.c, a.b                            <path>         "what is quoted"                      "<text>"
 *   long words with digits: hashes, UUIDs, op_01J…   <id>
 *
 * A number stays where it is the cause: after a word such as "answered", "status" or "signal".
 */
#ifndef REPRISE_QUERY_ERROR_PATTERN_H
#define REPRISE_QUERY_ERROR_PATTERN_H

#define ERROR_PATTERN_MAX 300 /* bytes, at most; texts that differ only behind that are of one form */
#define FORM_OF_NOTHING "(no text)"

/* `text` may be NULL. The caller's. */
char *error_pattern_of(const char *text);

#endif
