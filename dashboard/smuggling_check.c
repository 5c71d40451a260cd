/*
 * Both checks run in exchange_head.c before a request is routed; what they refuse ends the connection, for the bytes
 * that follow may be a part of the refused request. Neither keeps bytes of the request.
 */
#include "dashboard/smuggling_check.h"

#include <string.h>
#include <strings.h>

#include "dashboard/request_headers.h"

/* ---- what two programs may read differently ---------------------------------------------------------------------- */

#define TCHAR "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define LENGTH_DIGITS_MAX 15

static void fault(struct smuggling_check *check, const char *what)
{
    if (check->wrong == NULL)
        check->wrong = what;
}

static void on_length(struct smuggling_check *check, const char *value)
{
    size_t digits = strspn(value, "0123456789");
    if (digits == 0 || value[digits] != '\0' || digits > LENGTH_DIGITS_MAX)
        fault(check, "its Content-Length is not a number");
    else
        for (check->length = 0; *value != '\0'; value++)
            check->length = check->length * 10 + (*value - '0');
    check->lengths++;
}

static void on_encoding(struct smuggling_check *check, const char *value)
{
    check->chunked = strcasecmp(value, "chunked") == 0;
    if (!check->chunked)
        fault(check, "its Transfer-Encoding is not \"chunked\"");
    check->encodings++;
}

static void on_host(struct smuggling_check *check, const char *value)
{
    if (!header_host_is_valid(value))
        fault(check, "its Host is not a host");
    check->hosts++;
}

static void on_authorization(struct smuggling_check *check, const char *value)
{
    (void)value;
    check->authorizations++;
}

static void on_origin(struct smuggling_check *check, const char *value)
{
    (void)value;
    check->origins++;
}

static const struct {
    const char *name;
    void (*on)(struct smuggling_check *check, const char *value);
} watched[] = {{"Content-Length", on_length},
               {"Transfer-Encoding", on_encoding},
               {"Host", on_host},
               {"Authorization", on_authorization},
               {"Origin", on_origin}};

static bool holds_control(const char *value, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (((unsigned char)value[i] < 0x20 && value[i] != '\t') || value[i] == 0x7F)
            return true;
    return false;
}

void smuggling_check_header(struct smuggling_check *check, const char *name, size_t name_len, const char *value,
                            size_t value_len)
{
    check->count++;
    if (name_len == 0 || strspn(name, TCHAR) != name_len)
        fault(check, "the name of a header holds what no name may");
    if (value == NULL)
        value = "", value_len = 0;
    if (holds_control(value, value_len) || strlen(value) != value_len)
        fault(check, "a header holds a control character");
    for (size_t i = 0; i < sizeof watched / sizeof *watched; i++)
        if (strcasecmp(name, watched[i].name) == 0)
            watched[i].on(check, value);
}

enum err smuggling_check_end(const struct smuggling_check *check, const char *version, struct err_info *error)
{
    const char *wrong = check->wrong;
    if (check->hosts > 1 || check->lengths > 1 || check->encodings > 1 || check->authorizations > 1 ||
        check->origins > 1)
        wrong = "a header that may stand once stands twice";
    else if (check->lengths > 0 && check->encodings > 0)
        wrong = "it has both Content-Length and Transfer-Encoding";
    else if (check->hosts == 0 && strcmp(version, "HTTP/1.1") == 0)
        wrong = "it has no Host";
    else if (check->encodings > 0 && strcmp(version, "HTTP/1.1") != 0)
        wrong = "Transfer-Encoding is of HTTP/1.1";
    else if (check->count > SMUGGLING_CHECK_HEADERS_MAX)
        wrong = "it has too many headers";
    return wrong == NULL ? ERR_OK : err_set(error, ERR_USAGE, "the request is refused: %s", wrong);
}

/* ---- the layout of the head -------------------------------------------------------------------------------------- */

#define CRLF 2
#define BLANK 1

void smuggling_layout_begin(struct smuggling_layout *layout, const char *method, size_t target_len, const char *version)
{
    layout->begin = (uintptr_t)method;
    layout->broken = (uintptr_t)version != layout->begin + strlen(method) + BLANK + target_len + BLANK;
    layout->next = (uintptr_t)version + strlen(version) + CRLF;
}

void smuggling_layout_header(struct smuggling_layout *layout, const char *name, size_t name_len, const char *value,
                             size_t value_len)
{
    layout->broken =
        layout->broken || (uintptr_t)name != layout->next || (uintptr_t)value <= (uintptr_t)name + name_len;
    layout->next = (uintptr_t)value + value_len + CRLF;
}

bool smuggling_layout_holds(const struct smuggling_layout *layout, size_t size)
{
    return !layout->broken && layout->next + CRLF == layout->begin + size;
}
