#include "common/base/beginning.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

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
