/* A line that a person types and nobody is to see: a password. */
#ifndef REPRISE_DASHBOARD_HIDDEN_LINE_H
#define REPRISE_DASHBOARD_HIDDEN_LINE_H

/* The next line of stdin without its end, the caller's to free; NULL where there is none. On a terminal it is asked for
 * with `prompt` and not shown. A signal that ends the program meanwhile leaves a terminal that shows what is typed. */
char *hidden_line_read(const char *prompt);

#endif
