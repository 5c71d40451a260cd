/*
 * The whole environment of a git child: nothing of ours is inherited but PATH. Configuration goes through it too
 * (GIT_CONFIG_COUNT), so that a token is never in an argument list or a file. Used by the git_*.c files alone.
 */
#ifndef REPRISE_STORE_GIT_ENV_H
#define REPRISE_STORE_GIT_ENV_H

#include "common/base/buf.h"
#include "common/store/git_rules.h"

#define GIT_ENV_MAX 96

struct git_env {
    char *texts[GIT_ENV_MAX + 1]; /* "NAME=value", NULL-terminated */
    int count;
    int settings;
};

/* The variables and settings that every call has. `home` is an empty directory, or one with our gitconfig. */
void git_env_init(struct git_env *env, const char *home);
/* An object that is larger than the rules allow makes git end with an error instead of taking the memory. */
void git_env_limit(struct git_env *env, const struct git_rules *rules);
/* The address space that git may take then. */
int64_t git_env_memory(const struct git_rules *rules);
void git_env_fini(struct git_env *env); /* wipes: a token may be in it */
void git_env_add(struct git_env *env, const char *name, const char *value);
void git_env_set(struct git_env *env, const char *key, const char *value);
/* For the child: call last. */
const char *const *git_env_vector(struct git_env *env);

/* For a fetch: only the URL's protocol, only to `address` whatever a name server says later. `ssh_dir` holds the known
 * hosts: a host's key is accepted when it is first seen and must stay the same (accept-new). ssh takes the keys of the
 * account that we run as, and none of its configuration. */
void git_env_pin(struct git_env *env, const struct git_url *url, const struct sockaddr *address, const char *ssh_dir);
/* For https: the token as Basic authorization, bound to the URL's host. */
void git_env_token(struct git_env *env, const struct git_url *url, const char *token);

#endif
