/*
 * The page's files: embedded at build (cmake/embed_web.py), or read from web.root while developing. Browsers keep
 * index.html and ask whether it has changed; of assets/ each name stands for one content, and they do not ask.
 */
#ifndef REPRISE_DASHBOARD_WEB_H
#define REPRISE_DASHBOARD_WEB_H

#include <microhttpd.h>
#include <stddef.h>

struct web_file {
    const char *path; /* "/app.js" */
    const char *type;
    const char *etag; /* with its quotes */
    const unsigned char *plain;
    size_t plain_len;
    const unsigned char *packed; /* gzipped; NULL = none */
    size_t packed_len;
};
extern const struct web_file web_files[]; /* ended by a NULL path */

/* What a browser asks for a file with. */
struct web_request {
    const char *path;          /* without the query, undecoded; "/" is "/index.html" */
    const char *if_none_match; /* header values; NULL = not sent */
    const char *accept_encoding;
};
/* The answer, with its status; NULL if there is no such file. `root` "" = the embedded ones. The caller's
 * (MHD_destroy_response). */
struct MHD_Response *web_response(const struct web_request *request, const char *root, unsigned *status);

#endif
