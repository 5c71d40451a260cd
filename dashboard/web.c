/*
 * Serves the files of the page: from the program itself, with an ETag and gzipped where the browser accepts it; from
 * web.root while the page is being developed, never through a link and never a hidden file. Called by exchange.c for
 * paths outside the API.
 */
#include "dashboard/web.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/input_file.h"

#define INDEX "/index.html"
#define ASSETS "/assets/" /* their names hold a digest of their content (dashboard/web/collect.py) */

static const struct web_file *file_find(const char *path)
{
    for (const struct web_file *file = web_files; file->path != NULL; file++)
        if (strcmp(file->path, path) == 0)
            return file;
    return NULL;
}

static struct MHD_Response *bytes_response(const unsigned char *bytes, size_t len)
{
    return MHD_create_response_from_buffer(len, (void *)(uintptr_t)bytes, MHD_RESPMEM_PERSISTENT);
}

static struct MHD_Response *embedded(const struct web_request *request, const char *path, unsigned *status)
{
    const struct web_file *file = file_find(path);
    if (file == NULL)
        return NULL;
    bool known = request->if_none_match != NULL && strstr(request->if_none_match, file->etag) != NULL;
    bool pack = file->packed != NULL && request->accept_encoding != NULL && strstr(request->accept_encoding, "gzip");
    struct MHD_Response *response = known  ? bytes_response(file->plain, 0)
                                    : pack ? bytes_response(file->packed, file->packed_len)
                                           : bytes_response(file->plain, file->plain_len);
    *status = known ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK;
    if (pack && !known)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, file->type);
    MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, file->etag);
    MHD_add_response_header(response, MHD_HTTP_HEADER_VARY, MHD_HTTP_HEADER_ACCEPT_ENCODING);
    bool fixed = strncmp(path, ASSETS, strlen(ASSETS)) == 0;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL,
                            fixed ? "public, max-age=31536000, immutable" : "no-cache");
    return response;
}

/* ---- from disk, while developing --------------------------------------------------------------------------------- */

static const struct {
    const char *ending, *type;
} types[] = {{".html", "text/html; charset=utf-8"},
             {".js", "text/javascript; charset=utf-8"},
             {".mjs", "text/javascript; charset=utf-8"},
             {".css", "text/css; charset=utf-8"},
             {".svg", "image/svg+xml"},
             {".json", "application/json"},
             {".txt", "text/plain; charset=utf-8"}};

static const char *type_of(const char *path)
{
    size_t len = strlen(path);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        size_t ending = strlen(types[i].ending);
        if (len > ending && strcmp(path + len - ending, types[i].ending) == 0)
            return types[i].type;
    }
    return NULL;
}

/* No part of it begins with a dot: hidden files are not served. */
static bool is_tame(const char *path)
{
    static const char plain[] = "/abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    return *path == '/' && path[strspn(path, plain)] == '\0' && strstr(path, "/.") == NULL;
}

/* Follows no link within `root`, which may be one itself. −1: there is no such file. */
static int open_below(const char *root, const char *path)
{
    int dir = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return -1;
    int fd = beneath_open(dir, path + 1, O_NONBLOCK | O_NOCTTY, BENEATH_NO_LINKS); /* a FIFO would stop the loop */
    close(dir);
    return fd;
}

static struct MHD_Response *from_disk(const char *root, const char *path, unsigned *status)
{
    struct stat about;
    if (!is_tame(path) || type_of(path) == NULL)
        return NULL;
    int fd = open_below(root, path);
    if (fd < 0)
        return NULL;
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
        close(fd);
        return NULL;
    }
    struct MHD_Response *response = MHD_create_response_from_fd((size_t)about.st_size, fd);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type_of(path));
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    *status = MHD_HTTP_OK;
    return response;
}

struct MHD_Response *web_response(const struct web_request *request, const char *root, unsigned *status)
{
    const char *path = strcmp(request->path, "/") == 0 ? INDEX : request->path;
    return *root == '\0' ? embedded(request, path, status) : from_disk(root, path, status);
}
