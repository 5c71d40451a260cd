/* What was installed together with the running program. */
#ifndef REPRISE_BASE_INSTALLED_H
#define REPRISE_BASE_INSTALLED_H

/* The directory share/reprise/<name> beside the bin/ that the program's file lies in; the caller's. NULL where there is
 * none: the program runs from where it was built. Neither the current directory nor the environment has a say. */
char *installed_data(const char *name);

#endif
