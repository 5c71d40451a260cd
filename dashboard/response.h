/* A reply turned into what libmicrohttpd sends: headers of security included. Runs on the loop's thread only. */
#ifndef REPRISE_DASHBOARD_RESPONSE_H
#define REPRISE_DASHBOARD_RESPONSE_H

#include <microhttpd.h>

#include "common/base/config.h"
#include "dashboard/call.h"

/* Compresses the text of a reply where the caller takes it so and it is worth it. On an executor, as the last thing: a
 * long list takes milliseconds that the loop has not. Never a reply that holds a secret beside what a caller chose (a
 * login, a new key): the length of a compressed text says something of its content. */
void response_compress(struct call *call);
/* Of a REPLY_TEXT, whose text it takes. The caller's (MHD_destroy_response). */
struct MHD_Response *response_of(struct call *call, const struct config *config);
/* The headers that every answer has. */
void response_harden(struct MHD_Response *response);

#endif
