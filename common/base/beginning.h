/*
 * The first lines of each program's main: it makes sure of what a program expects from the one that started it.
 */
#ifndef REPRISE_BASE_BEGINNING_H
#define REPRISE_BASE_BEGINNING_H

/* Descriptors 0 to 2 that are closed get /dev/null, so that no file or connection is opened under a number that
 * something else reads or writes (a log line in the middle of a conversation with a server). Reading and writing still
 * fail there (EBADF), so that a program notices that what it printed did not arrive. */
void beginning_fill_descriptors(void);

/* The signals that a running program listens for, and that would end one that does not listen yet, wait until
 * beginning_let_signals_come. `signals` ends with 0. Threads and children inherit it. */
void beginning_hold_signals(const int *signals);
void beginning_let_signals_come(const int *signals);

/* ---- what was installed with it ---------------------------------------------------------------------------------- */

/* What was installed together with the running program. */

/* The directory share/reprise/<name> beside the bin/ that the program's file lies in; the caller's. NULL where there is
 * none: the program runs from where it was built. Neither the current directory nor the environment has a say. */
char *installed_data(const char *name);

#endif
