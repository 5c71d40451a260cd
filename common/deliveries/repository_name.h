/* What a repository is called, from its URL: the last two parts of the path, as forges have them. Pure. */
#ifndef REPRISE_DELIVERIES_REPOSITORY_NAME_H
#define REPRISE_DELIVERIES_REPOSITORY_NAME_H

#include "common/base/buf.h"

/* Appends the owner (the part before the last; the host where there is none; "" of file:///name) and the name (the last
 * part without ".git"; never empty), as people write them: %20 is a space, unless what is decoded has a slash or a
 * control character or is not UTF-8. `url` has passed git_check_url. */
void repository_name(const char *url, struct buf *owner, struct buf *name);

#endif
