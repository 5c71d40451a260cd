#include "dashboard/smuggling_check.h"

#include <string.h>
#include <strings.h>

#include "dashboard/origin.h"

#define TCHAR "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define LENGTH_DIGITS_MAX 15

static void fault(struct strict *strict, const char *what)
{
    if (strict->wrong == NULL)
        strict->wrong = what;
}

static void on_length(struct strict *strict, const char *value)
{
    size_t digits = strspn(value, "0123456789");
    if (digits == 0 || value[digits] != '\0' || digits > LENGTH_DIGITS_MAX)
        fault(strict, "its Content-Length is not a number");
    else
        for (strict->length = 0; *value != '\0'; value++)
            strict->length = strict->length * 10 + (*value - '0');
    strict->lengths++;
}

static void on_encoding(struct strict *strict, const char *value)
{
    strict->chunked = strcasecmp(value, "chunked") == 0;
    if (!strict->chunked)
        fault(strict, "its Transfer-Encoding is not \"chunked\"");
    strict->encodings++;
}

static void on_host(struct strict *strict, const char *value)
{
    if (!origin_host_is_valid(value))
        fault(strict, "its Host is not a host");
    strict->hosts++;
}

static void on_authorization(struct strict *strict, const char *value)
{
    (void)value;
    strict->authorizations++;
}

static void on_origin(struct strict *strict, const char *value)
{
    (void)value;
    strict->origins++;
}

static const struct {
    const char *name;
    void (*on)(struct strict *strict, const char *value);
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

void strict_header(struct strict *strict, const char *name, size_t name_len, const char *value, size_t value_len)
{
    strict->count++;
    if (name_len == 0 || strspn(name, TCHAR) != name_len)
        fault(strict, "the name of a header holds what no name may");
    if (value == NULL)
        value = "", value_len = 0;
    if (holds_control(value, value_len) || strlen(value) != value_len)
        fault(strict, "a header holds a control character");
    for (size_t i = 0; i < sizeof watched / sizeof *watched; i++)
        if (strcasecmp(name, watched[i].name) == 0)
            watched[i].on(strict, value);
}

enum err strict_end(const struct strict *strict, const char *version, struct err_info *error)
{
    const char *wrong = strict->wrong;
    if (strict->hosts > 1 || strict->lengths > 1 || strict->encodings > 1 || strict->authorizations > 1 ||
        strict->origins > 1)
        wrong = "a header that may stand once stands twice";
    else if (strict->lengths > 0 && strict->encodings > 0)
        wrong = "it has both Content-Length and Transfer-Encoding";
    else if (strict->hosts == 0 && strcmp(version, "HTTP/1.1") == 0)
        wrong = "it has no Host";
    else if (strict->encodings > 0 && strcmp(version, "HTTP/1.1") != 0)
        wrong = "Transfer-Encoding is of HTTP/1.1";
    else if (strict->count > STRICT_HEADERS_MAX)
        wrong = "it has too many headers";
    return wrong == NULL ? ERR_OK : err_set(error, ERR_USAGE, "the request is refused: %s", wrong);
}
