/*
 * The hash of the administrator's password (scrypt, RFC 7914), and how a person types one. run_login.c compares on an
 * executor of its own, serve.c checks the setting at start, main.c makes new hashes.
 */
#include "dashboard/password.h"

#include <openssl/evp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "common/base/crypto.h"
#include "common/base/ids.h"

/* ---- the hash ---------------------------------------------------------------------------------------------------- */

/* RFC 7914; 32 MiB, about 80 ms. */
#define COST_N 32768
#define COST_R 8
#define COST_P 1
#define COST_MEMORY (64u * 1024 * 1024) /* what libcrypto may take */
#define SALT_BYTES 16
#define HASH_BYTES 32
#define BEGINNING "scrypt:32768:8:1:"

static void derive(const char *password, const uint8_t salt[SALT_BYTES], uint8_t out[HASH_BYTES])
{
    if (EVP_PBE_scrypt(password, strlen(password), salt, SALT_BYTES, COST_N, COST_R, COST_P, COST_MEMORY, out,
                       HASH_BYTES) != 1)
        abort(); /* only for want of memory */
}

enum err password_hash(const char *password, char out[PASSWORD_HASH_MAX], struct err_info *error)
{
    uint8_t salt[SALT_BYTES], hash[HASH_BYTES];
    char salt_hex[2 * SALT_BYTES + 1], hash_hex[2 * HASH_BYTES + 1];
    size_t len = strlen(password);
    if (len < PASSWORD_LEAST || len > PASSWORD_MOST)
        return err_set(error, ERR_USAGE, "the password has %zu bytes; it must have %d to %d", len, PASSWORD_LEAST,
                       PASSWORD_MOST);
    id_random(salt, sizeof salt);
    derive(password, salt, hash);
    crypto_hex(salt, sizeof salt, salt_hex);
    crypto_hex(hash, sizeof hash, hash_hex);
    snprintf(out, PASSWORD_HASH_MAX, BEGINNING "%s:%s", salt_hex, hash_hex);
    return ERR_OK;
}

static bool read_hash(const char *text, uint8_t salt[SALT_BYTES], uint8_t hash[HASH_BYTES])
{
    char salt_hex[2 * SALT_BYTES + 1] = "";
    size_t begins = strlen(BEGINNING);
    if (strlen(text) != begins + 2 * SALT_BYTES + 1 + 2 * HASH_BYTES || strncmp(text, BEGINNING, begins) != 0 ||
        text[begins + 2 * SALT_BYTES] != ':')
        return false;
    memcpy(salt_hex, text + begins, 2 * SALT_BYTES);
    return crypto_unhex(salt_hex, salt, SALT_BYTES) &&
           crypto_unhex(text + begins + 2 * SALT_BYTES + 1, hash, HASH_BYTES);
}

enum err password_check_hash(const char *hash, struct err_info *error)
{
    uint8_t salt[SALT_BYTES], wanted[HASH_BYTES];
    if (read_hash(hash, salt, wanted))
        return ERR_OK;
    return err_set(error, ERR_USAGE, "dashboard.password_hash must be what `dashboard hash-password` prints");
}

bool password_matches(const char *password, const char *hash)
{
    uint8_t salt[SALT_BYTES], wanted[HASH_BYTES], got[HASH_BYTES];
    if (!read_hash(hash, salt, wanted) || strlen(password) > PASSWORD_MOST)
        return false;
    derive(password, salt, got);
    bool equal = crypto_equal(got, wanted, sizeof got);
    crypto_wipe(got, sizeof got);
    return equal;
}

/* ---- reading one from the terminal ------------------------------------------------------------------------------- */

static const int ENDING[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP};
#define ENDING_COUNT (sizeof ENDING / sizeof ENDING[0])

static struct termios shown; /* as the terminal was; for the handler, too */

/* The signal then does what it would have done: its action was reset when it came. */
static void show_and_go_on(int number)
{
    tcsetattr(STDIN_FILENO, TCSANOW, &shown);
    raise(number);
}

static void hide(struct sigaction before[ENDING_COUNT])
{
    struct termios hidden = shown;
    struct sigaction action = {.sa_handler = show_and_go_on, .sa_flags = (int)(SA_RESETHAND | SA_NODEFER)};
    for (size_t i = 0; i < ENDING_COUNT; i++)
        sigaction(ENDING[i], &action, &before[i]);
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
}

static void show(const struct sigaction before[ENDING_COUNT])
{
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    fputc('\n', stderr);
    for (size_t i = 0; i < ENDING_COUNT; i++)
        sigaction(ENDING[i], &before[i], NULL);
}

char *password_read(const char *prompt)
{
    bool terminal = isatty(STDIN_FILENO) == 1 && tcgetattr(STDIN_FILENO, &shown) == 0;
    struct sigaction before[ENDING_COUNT];
    char *line = NULL;
    size_t room = 0;
    if (terminal) {
        hide(before);
        fputs(prompt, stderr);
    }
    ssize_t len = getline(&line, &room, stdin);
    if (terminal)
        show(before);
    if (len <= 0) {
        free(line);
        return NULL;
    }
    line[strcspn(line, "\r\n")] = '\0';
    return line;
}
