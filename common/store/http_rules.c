/*
 * The rules of http.h that need no connection: which base URL may be registered, and what Retry-After says. Pure but
 * for the name server in http_check_base_host. Called where an app is registered, and by http_answer.c; fuzzed.
 */
#include <curl/curl.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/store/http.h"

#define BASE_URL_MAX 2000
#define RETRY_AFTER_MAX_MS (24 * 3600 * CLOCK_MS_PER_S)
#define DIGITS_MAX                                                                                                     \
    15 /* seconds of more digits than a 64-bit count of milliseconds has room for are "very long" anyway */

static int64_t capped_ms(int64_t seconds)
{
    if (seconds <= 0)
        return 0;
    return seconds >= RETRY_AFTER_MAX_MS / CLOCK_MS_PER_S ? RETRY_AFTER_MAX_MS : seconds * CLOCK_MS_PER_S;
}

/* The three forms of RFC 9110 5.6.7; false if it is none. */
static bool parse_date(const char *text, int64_t *unix_s)
{
    static const char *const forms[] = {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT",
                                        "%a %b %d %H:%M:%S %Y"};
    for (size_t i = 0; i < sizeof forms / sizeof(forms[0]); i++) {
        struct tm parts = {0};
        const char *end = strptime(text, forms[i], &parts);
        if (end != NULL && end[strspn(end, " \t")] == '\0') {
            *unix_s = timegm(&parts);
            return true;
        }
    }
    return false;
}

int64_t http_retry_after_ms(const char *value, int64_t now_unix_s)
{
    int64_t seconds = 0;
    if (value == NULL)
        return 0;
    value += strspn(value, " \t");
    size_t digits = strspn(value, "0123456789");
    if (digits == 0)
        return parse_date(value, &seconds) && seconds > now_unix_s ? capped_ms(seconds - now_unix_s) : 0;
    if (value[digits + strspn(value + digits, " \t")] != '\0')
        return 0;
    const char *first = value + strspn(value, "0");
    digits -= (size_t)(first - value);
    if (digits > DIGITS_MAX)
        return RETRY_AFTER_MAX_MS;
    for (size_t i = 0; i < digits; i++)
        seconds = seconds * 10 + (first[i] - '0');
    return capped_ms(seconds);
}

static enum err check_text(const char *url, struct err_info *error)
{
    size_t len = strlen(url);
    if (len == 0)
        return err_set(error, ERR_USAGE, "the base URL is empty");
    if (len > BASE_URL_MAX)
        return err_set(error, ERR_USAGE, "the base URL has more than %d bytes", BASE_URL_MAX);
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)url[i] <= ' ' || (unsigned char)url[i] == 0x7F)
            return err_set(error, ERR_USAGE, "the base URL holds a space or control character");
    }
    if (strncasecmp(url, "http://", 7) != 0 && strncasecmp(url, "https://", 8) != 0)
        return err_set(error, ERR_USAGE, "the base URL must begin with http:// or https://");
    /* libcurl, as browsers do, would take what follows for the host. */
    if (strstr(url, "://")[3] == '/')
        return err_set(error, ERR_USAGE, "the base URL is malformed: it names no host");
    if (strpbrk(url, "?#") != NULL)
        return err_set(error, ERR_USAGE, "the base URL must have no query and no fragment");
    return ERR_OK;
}

/* "localhost" and names below it are loopback whatever a name server says (RFC 6761 6.3). */
static bool is_localhost(const char *host)
{
    static const char name[] = "localhost";
    size_t len = strlen(host);
    if (len > 0 && host[len - 1] == '.')
        len--;
    if (len < strlen(name) || strncasecmp(host + len - strlen(name), name, strlen(name)) != 0)
        return false;
    return len == strlen(name) || host[len - strlen(name) - 1] == '.';
}

static enum err url_refuse(struct err_info *error)
{
    error->code = ERR_USAGE;
    return err_prefix(error, "the base URL is refused (see deliver.allow_private)");
}

static enum err check_host(const char *host, const struct address_list *allowed, struct err_info *error)
{
    if (address_check_literal(is_localhost(host) ? "127.0.0.1" : host, allowed, error) == ERR_OK)
        return ERR_OK;
    return url_refuse(error);
}

enum err http_check_base_host(const char *url, const struct address_list *allowed, struct err_info *error)
{
    char *host = NULL;
    CURLU *parsed = curl_url();
    enum err err = ERR_OK;
    if (curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK &&
        curl_url_get(parsed, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
        address_check_host(host, allowed, error) != ERR_OK)
        err = url_refuse(error);
    curl_free(host);
    curl_url_cleanup(parsed);
    return err;
}

enum err http_check_base_url(const char *url, const struct address_list *allowed, struct err_info *error)
{
    enum err err = check_text(url, error);
    if (err != ERR_OK)
        return err;
    char *user = NULL, *password = NULL, *host = NULL;
    CURLU *parsed = curl_url();
    CURLUcode failure = curl_url_set(parsed, CURLUPART_URL, url, 0);
    if (failure == CURLUE_OK)
        failure = curl_url_get(parsed, CURLUPART_HOST, &host, 0);
    if (failure != CURLUE_OK)
        err = err_set(error, ERR_USAGE, "the base URL is malformed: %s", curl_url_strerror(failure));
    else if (curl_url_get(parsed, CURLUPART_USER, &user, 0) == CURLUE_OK ||
             curl_url_get(parsed, CURLUPART_PASSWORD, &password, 0) == CURLUE_OK)
        err = err_set(error, ERR_USAGE, "the base URL must hold no user name and no password");
    else
        err = check_host(host, allowed, error);
    curl_free(user);
    curl_free(password);
    curl_free(host);
    curl_url_cleanup(parsed);
    return err;
}
