/*
 * What git printed, read: the lines of ls-remote, and the reasons on stderr, which are classed by a table of what git
 * and its helpers say. A text that no row knows is worth another try and is never a permanent failure. A token must not
 * come through: it is starred out. Called by git_fetch.c and git_clone.c; fuzzed.
 */
#include <string.h>

#include "common/base/buf.h"
#include "common/store/git_rules.h"

#define WORDS_MAX 400
#define WORDS_LINES 3

struct span {
    const char *text;
    size_t len;
};

/* The next line of `rest` without its end; false when there is none. */
static bool next_line(struct span *rest, const char *ends, struct span *line)
{
    if (rest->len == 0)
        return false;
    size_t len = 0;
    while (len < rest->len && memchr(ends, rest->text[len], strlen(ends)) == NULL)
        len++;
    *line = (struct span){rest->text, len};
    size_t used = len < rest->len ? len + 1 : len;
    rest->text += used;
    rest->len -= used;
    return true;
}

static bool begins(const struct span *line, const char *prefix)
{
    return line->len >= strlen(prefix) && memcmp(line->text, prefix, strlen(prefix)) == 0;
}

static bool is_object_id(const struct span *text)
{
    for (size_t i = 0; i < text->len; i++) {
        if (memchr("0123456789abcdef", text->text[i], 16) == NULL)
            return false;
    }
    return text->len == 40 || text->len == 64;
}

/* "<what>\tHEAD" → what. */
static bool cut_head(const struct span *line, struct span *what)
{
    static const char tail[] = "\tHEAD";
    size_t len = strlen(tail);
    if (line->len < len || memcmp(line->text + line->len - len, tail, len) != 0)
        return false;
    *what = (struct span){line->text, line->len - len};
    return true;
}

/* HEAD may name something that is no branch; then it is fetched as HEAD. */
static enum err take_branch(const struct span *target, char branch[GIT_BRANCH_MAX], struct err_info *error)
{
    static const char prefix[] = "refs/heads/";
    struct span name = {target->text + strlen(prefix), target->len - strlen(prefix)};
    if (!begins(target, prefix)) {
        strcpy(branch, GIT_DETACHED);
        return ERR_OK;
    }
    if (name.len >= GIT_BRANCH_MAX || memchr(name.text, '\0', name.len) != NULL)
        return err_set(error, ERR_PERMANENT, "the remote's HEAD names a branch that cannot be used");
    memcpy(branch, name.text, name.len);
    branch[name.len] = '\0';
    if (git_check_branch(branch, error) == ERR_OK)
        return ERR_OK;
    error->code = ERR_PERMANENT;
    return err_prefix(error, "the remote's HEAD");
}

enum err git_parse_head(const char *text, size_t len, char branch[GIT_BRANCH_MAX], struct err_info *error)
{
    struct span rest = {text, len}, line, what, target = {NULL, 0};
    bool has_commit = false;
    while (next_line(&rest, "\n", &line)) {
        if (!cut_head(&line, &what))
            continue;
        if (begins(&what, "ref: "))
            target = (struct span){what.text + 5, what.len - 5};
        else if (is_object_id(&what))
            has_commit = true;
    }
    if (!has_commit)
        return err_set(error, ERR_PERMANENT,
                       "the repository has no commits, or its HEAD names a branch that does not exist: name a branch");
    if (target.text != NULL)
        return take_branch(&target, branch, error);
    strcpy(branch, GIT_DETACHED);
    return ERR_OK;
}

/* What systems say when they refuse. git and libgit2 pass it on as it is. */
static const char *const local_words[] = {"No space left on device",
                                          "Disk quota exceeded",
                                          "Read-only file system",
                                          "Too many open files",
                                          "Cannot allocate memory",
                                          "Input/output error",
                                          "Resource temporarily unavailable",
                                          "insufficient permission for adding an object",
                                          "Permission denied",
                                          "died of signal 9",
                                          "File too large"};

/* What git calls a clone that it cannot use as it is. */
static const char *const damage_words[] = {"not a git repository",
                                           "bad config",
                                           "is corrupt",
                                           "is empty",
                                           "bad object",
                                           "unable to read",
                                           "does not point to a valid object",
                                           "data stream error",
                                           "did not send all necessary objects",
                                           "missing necessary objects",
                                           "unable to parse",
                                           "could not parse",
                                           "bad signature",
                                           "bad index file",
                                           "wrong index",
                                           "shallow line",
                                           "cannot be accessed",
                                           "does not match index",
                                           "broken",
                                           "invalid HEAD",
                                           "bad ref",
                                           "invalid sha1 pointer",
                                           "cannot resolve reference",
                                           "unable to resolve reference",
                                           "not a valid object"};

/* The first row that matches decides, so the precise ones come first. */
static const struct reason {
    const char *needle;
    enum err err;
    const char *text;
    bool is_access; /* another token may be let in */
} reasons[] = {
    {"attempting to allocate", ERR_PERMANENT,
     "the repository holds an object that takes more than git.max_object_bytes", false},
    {"ut of memory", ERR_PERMANENT, "the repository takes more memory than git.max_object_bytes allows", false},
    {"mmap failed", ERR_PERMANENT, "the repository takes more memory than git.max_object_bytes allows", false},
    {"couldn't find remote ref", ERR_PERMANENT, "the repository has no such branch", false},
    {"returned error: 30", ERR_PERMANENT, "the URL redirects, and redirects are not followed", false},
    {"update url base from redirection", ERR_PERMANENT, "the URL redirects, and redirects are not followed", false},
    {"returned error: 401", ERR_PERMANENT, "access denied", true},
    {"returned error: 403", ERR_PERMANENT, "access denied", true},
    {"returned error: 404", ERR_PERMANENT, "no such repository, or no access to it", true},
    {"returned error: 410", ERR_PERMANENT, "no such repository", false},
    {"could not read Username", ERR_PERMANENT, "access denied", true},
    {"could not read Password", ERR_PERMANENT, "access denied", true},
    {"Authentication failed", ERR_PERMANENT, "access denied", true},
    {"Permission denied (", ERR_PERMANENT, "access denied", true}, /* ssh, and which ways in it tried */
    {"Host key verification failed", ERR_PERMANENT, "the host's key is not the one that is known", false},
    {"Repository not found", ERR_PERMANENT, "no such repository, or no access to it", true},
    {"fatal: repository '", ERR_PERMANENT, "no such repository", false},
    {"does not appear to be a git repository", ERR_PERMANENT, "no such repository", false},
    {"dubious ownership", ERR_PERMANENT, "the repository belongs to another user", false},
    {"mismatched algorithms", ERR_PERMANENT, "the repository uses SHA-256 object names, which is not supported", false},
    {"fsck error", ERR_PERMANENT, "the repository holds malformed objects", false},
    {"dumb http transport", ERR_PERMANENT, "the server does not speak git's own protocol", false},
    {"not allowed", ERR_PERMANENT, "refused", false},
};

static bool holds(const struct span *line, const char *needle)
{
    return line->len > 0 && memmem(line->text, line->len, needle, strlen(needle)) != NULL;
}

/* Whether a line of git's own holds one of the words. */
static bool says_one_of(const char *text, size_t len, const char *const *words, size_t count)
{
    struct span rest = {text, len}, line;
    while (next_line(&rest, "\r\n", &line)) {
        for (size_t i = 0; i < count && !begins(&line, "remote: "); i++) {
            if (holds(&line, words[i]))
                return true;
        }
    }
    return false;
}

bool git_is_local_trouble(const char *text, size_t len)
{
    return says_one_of(text, len, local_words, sizeof local_words / sizeof(local_words[0]));
}

bool git_is_damage(const char *text, size_t len)
{
    return says_one_of(text, len, damage_words, sizeof damage_words / sizeof(damage_words[0]));
}

/* Progress, and advice to a person at a terminal. */
static bool is_noise(const struct span *line)
{
    static const char *const prefixes[] = {
        "remote: Enumerating ", "remote: Counting ",         "remote: Compressing ",       "remote: Total ",
        "Receiving objects:",   "Resolving deltas:",         "Unpacking objects:",         "Updating files:",
        "Please make sure ",    "and the repository exists", "Warning: Permanently added", "From "};
    for (size_t i = 0; i < sizeof prefixes / sizeof(prefixes[0]); i++) {
        if (begins(line, prefixes[i]))
            return true;
    }
    return line->len == 0;
}

/* The last lines that say something, joined. */
static void last_words(const char *text, size_t len, struct buf *out)
{
    struct span rest = {text, len}, line, kept[WORDS_LINES];
    size_t count = 0;
    while (next_line(&rest, "\r\n", &line)) {
        while (line.len > 0 && line.text[line.len - 1] == ' ')
            line.len--;
        if (!is_noise(&line))
            kept[count++ % WORDS_LINES] = line;
    }
    for (size_t i = count > WORDS_LINES ? count - WORDS_LINES : 0; i < count; i++) {
        struct span *each = &kept[i % WORDS_LINES];
        if (out->len > 0)
            buf_add_str(out, "; ");
        buf_add(out, each->text, each->len);
    }
}

static void star_out(struct buf *text, const char *secret)
{
    size_t len = secret != NULL ? strlen(secret) : 0;
    if (len == 0 || text->len == 0)
        return;
    for (char *at = text->data; (at = memmem(at, (size_t)(text->data + text->len - at), secret, len)) != NULL;
         at += len)
        memset(at, '*', len);
}

static const struct reason *find_reason(const char *text, size_t len)
{
    for (size_t i = 0; i < sizeof reasons / sizeof(reasons[0]); i++) {
        if (len > 0 && memmem(text, len, reasons[i].needle, strlen(reasons[i].needle)) != NULL)
            return &reasons[i];
    }
    return NULL;
}

bool git_is_access_trouble(const char *text, size_t len)
{
    const struct reason *known = find_reason(text, len);
    return known != NULL && known->is_access;
}

enum err git_judge(const char *text, size_t len, const char *secret, struct err_info *error)
{
    struct buf words = BUF_INIT;
    const struct reason *known = find_reason(text, len);
    enum err err = known != NULL ? known->err : ERR_RETRY;
    const char *reason = known != NULL ? known->text : "git failed";
    if (err == ERR_RETRY && git_is_local_trouble(text, len)) {
        err = ERR_LOCAL;
        reason = "git cannot work on this host";
    }
    last_words(text, len, &words);
    star_out(&words, secret);
    if (words.len > WORDS_MAX) {
        words.len = WORDS_MAX;
        words.data[WORDS_MAX] = '\0';
    }
    err_set(error, err, "%s%s%s", reason, words.len > 0 ? ": " : "", words.len > 0 ? words.data : "");
    buf_fini(&words);
    return err;
}
