#include "dashboard/hidden_line.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

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

char *hidden_line_read(const char *prompt)
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
