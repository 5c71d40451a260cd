#include "common/base/beginning.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/buf.h"

void beginning_fill_descriptors(void)
{
    static const int modes[] = {[STDIN_FILENO] = O_WRONLY, [STDOUT_FILENO] = O_RDONLY, [STDERR_FILENO] = O_RDONLY};
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) >= 0)
            continue;
        /* The lowest number that is free is this one: those below are open by now. */
        if (open("/dev/null", modes[fd]) != fd)
            _exit(EXIT_FAILURE); /* there is no way to say why */
    }
}

static sigset_t set_of(const int *signals)
{
    sigset_t set;
    sigemptyset(&set);
    for (; *signals != 0; signals++)
        sigaddset(&set, *signals);
    return set;
}

void beginning_hold_signals(const int *signals)
{
    sigset_t set = set_of(signals);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

void beginning_let_signals_come(const int *signals)
{
    sigset_t set = set_of(signals);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* ---- what was installed with it ---------------------------------------------------------------------------------- */

#define PLACE "/share/reprise/"

/* Cuts the last name off; false where there is none. */
static bool cut_name(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash == NULL)
        return false;
    *slash = '\0';
    return true;
}

char *installed_data(const char *name)
{
    char path[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
    if (len <= 0)
        return NULL;
    path[len] = '\0';
    if (!cut_name(path) || !cut_name(path))
        return NULL;
    struct buf text = BUF_INIT;
    buf_addf(&text, "%s%s%s", path, PLACE, name);
    char *found = buf_take(&text);
    if (access(found, F_OK) == 0)
        return found;
    free(found);
    return NULL;
}
