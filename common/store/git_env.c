/*
 * The environment of a git child, from nothing: PATH, a HOME of ours, settings by GIT_CONFIG_COUNT. No configuration of
 * the host, no credential helper, no hook counts, and a token stands here and nowhere else (never in arguments or
 * files). What is added is wiped at the end. Called by git_fetch.c and git_clone.c.
 */
#include "common/store/git_private.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/crypto.h"
#include "common/base/mem.h"

#define DEFAULT_PATH "/usr/local/bin:/usr/bin:/bin"
#define REST_BYTES (INT64_C(1) << 30)

static const char *const variables[][2] = {
    {"LC_ALL", "C"},     {"GIT_CONFIG_NOSYSTEM", "1"}, {"GIT_TERMINAL_PROMPT", "0"}, {"GIT_ASKPASS", ""},
    {"SSH_ASKPASS", ""}, {"GIT_OPTIONAL_LOCKS", "0"},  {"GIT_ALLOW_PROTOCOL", ""}, /* none; git_env_pin replaces it for
                                                                                      a fetch */
};

static const char *const settings[][2] = {
    {"protocol.version", "2"},
    {"credential.helper", ""},
    {"core.hooksPath", "/dev/null"},
    {"http.followRedirects", "false"},
    {"http.proxy", ""},
    {"transfer.fsckObjects", "true"},
    {"fetch.unpackLimit", "1"}, /* always packs: few files, and what a killed fetch leaves is easy to tell */
    {"fetch.writeCommitGraph", "false"},
    {"gc.auto", "0"},
    {"maintenance.auto", "false"},
    {"gc.packRefs", "false"}, /* git_dir.c tells a pin's age by its file */
    {"gc.writeCommitGraph", "false"},
    {"repack.writeBitmaps", "false"},
    /* Bounded memory: big blobs are streamed and not compared with one another. */
    {"core.bigFileThreshold", "4m"},
    {"core.deltaBaseCacheLimit", "16m"},
    {"pack.threads", "1"},
    {"pack.windowMemory", "64m"},
    {"core.packedGitWindowSize", "32m"},
    {"core.packedGitLimit", "128m"},
};

static void text_put(struct git_env *env, char *text)
{
    assert(env->count < GIT_ENV_MAX);
    env->texts[env->count++] = text;
}

void git_env_add(struct git_env *env, const char *name, const char *value)
{
    struct buf text = BUF_INIT;
    buf_addf(&text, "%s=%s", name, value);
    size_t len = strlen(name) + 1;
    for (int i = 0; i < env->count; i++) {
        if (strncmp(env->texts[i], text.data, len) == 0) {
            free(env->texts[i]);
            env->texts[i] = buf_take(&text);
            return;
        }
    }
    text_put(env, buf_take(&text));
}

void git_env_set(struct git_env *env, const char *key, const char *value)
{
    char name[40];
    snprintf(name, sizeof name, "GIT_CONFIG_KEY_%d", env->settings);
    git_env_add(env, name, key);
    snprintf(name, sizeof name, "GIT_CONFIG_VALUE_%d", env->settings);
    git_env_add(env, name, value);
    env->settings++;
}

void git_env_init(struct git_env *env, const char *home)
{
    const char *path = getenv("PATH");
    *env = (struct git_env){.count = 0};
    git_env_add(env, "PATH", path != NULL ? path : DEFAULT_PATH);
    git_env_add(env, "HOME", home);
    for (size_t i = 0; i < sizeof variables / sizeof(variables[0]); i++)
        git_env_add(env, variables[i][0], variables[i][1]);
    for (size_t i = 0; i < sizeof settings / sizeof(settings[0]); i++)
        git_env_set(env, settings[i][0], settings[i][1]);
}

void git_env_limit(struct git_env *env, const struct git_rules *rules)
{
    char bytes[32];
    snprintf(bytes, sizeof bytes, "%" PRId64, rules->max_object_bytes);
    git_env_add(env, "GIT_ALLOC_LIMIT", bytes);
}

/* Of a difference both sides are in memory; the rest is for the program itself, indexes of packs and lists of refs. */
int64_t git_env_memory(const struct git_rules *rules)
{
    return 2 * rules->max_object_bytes + REST_BYTES;
}

void git_env_fini(struct git_env *env)
{
    for (int i = 0; i < env->count; i++) {
        crypto_wipe(env->texts[i], strlen(env->texts[i]));
        free(env->texts[i]);
    }
    *env = (struct git_env){.count = 0};
}

const char *const *git_env_vector(struct git_env *env)
{
    char count[16];
    snprintf(count, sizeof count, "%d", env->settings);
    git_env_add(env, "GIT_CONFIG_COUNT", count);
    return (const char *const *)env->texts;
}

static void pin_https(struct git_env *env, const struct git_url *url, const char *address)
{
    struct buf text = BUF_INIT;
    bool is_v6 = strchr(address, ':') != NULL;
    git_env_add(env, "GIT_ALLOW_PROTOCOL", "https");
    /* A host that is an address needs no pin, and one in brackets could not be written here. */
    if (strchr(url->host, ':') == NULL) {
        buf_addf(&text, is_v6 ? "%s:%d:[%s]" : "%s:%d:%s", url->host, url->port, address);
        git_env_set(env, "http.curloptResolve", text.data);
    }
    buf_fini(&text);
}

/* In single quotes for the shell that git runs ssh by. */
static void add_quoted(struct buf *command, const char *text)
{
    buf_add_char(command, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            buf_add_str(command, "'\\''");
        else
            buf_add_char(command, *text);
    }
    buf_add_char(command, '\'');
}

static void pin_ssh(struct git_env *env, const struct git_url *url, const char *address, const char *ssh_dir)
{
    struct buf command = BUF_INIT, option = BUF_INIT;
    buf_add_str(&command,
                "ssh -F none -o BatchMode=yes -o ConnectTimeout=15 -o StrictHostKeyChecking=accept-new"
                " -o UpdateHostKeys=no -o ProxyCommand=none -o ForwardAgent=no -o ClearAllForwardings=yes -o ");
    /* In ssh's own quotes as well: it splits the value at spaces. */
    buf_addf(&option, "UserKnownHostsFile=\"%s/known_hosts\"", ssh_dir);
    add_quoted(&command, option.data);
    buf_addf(&command, " -o HostName=%s -o HostKeyAlias=", address);
    buf_addf(&command, url->port == 22 ? "%s" : "'[%s]:%d'", url->host, url->port);
    git_env_add(env, "GIT_ALLOW_PROTOCOL", "ssh");
    git_env_add(env, "GIT_SSH_COMMAND", command.data);
    git_env_add(env, "GIT_SSH_VARIANT", "ssh");
    buf_fini(&command);
    buf_fini(&option);
}

void git_env_pin(struct git_env *env, const struct git_url *url, const struct sockaddr *address, const char *ssh_dir)
{
    char text[INET6_ADDRSTRLEN];
    if (url->scheme == GIT_SCHEME_FILE)
        git_env_add(env, "GIT_ALLOW_PROTOCOL", "file");
    else if (url->scheme == GIT_SCHEME_HTTPS)
        pin_https(env, url, address_text(address, text));
    else
        pin_ssh(env, url, address_text(address, text), ssh_dir);
}

void git_env_token(struct git_env *env, const struct git_url *url, const char *token)
{
    struct buf plain = BUF_INIT, header = BUF_INIT, key = BUF_INIT;
    buf_addf(&plain, "x-access-token:%s", token);
    buf_add_str(&header, "Authorization: Basic ");
    crypto_add_base64(&header, plain.data, plain.len);
    buf_addf(&key, "http.https://%s/.extraHeader", url->authority);
    git_env_set(env, key.data, header.data);
    crypto_wipe(plain.data, plain.len);
    crypto_wipe(header.data, header.len);
    buf_fini(&plain);
    buf_fini(&header);
    buf_fini(&key);
}
