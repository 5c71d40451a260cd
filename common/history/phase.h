/* The phase that an agent worked on, told by the name of its directory. */
#ifndef REPRISE_HISTORY_PHASE_H
#define REPRISE_HISTORY_PHASE_H

/* plan, build, test, review, document or ship: the first that the lower-cased name contains; else the lower-cased name
 * itself. The caller's to free. */
char *phase_of_agent(const char *directory);
/* Negative, 0 or positive, as phases come in a run: the six in the order above, then others by name. */
int phase_order(const char *a, const char *b);

#endif
