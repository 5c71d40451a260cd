/* The settings that are lists of addresses: what is wrong with one is said at the start and at a reload, not by a job.
 */
#ifndef REPRISE_STORE_ADDRESS_SETTINGS_H
#define REPRISE_STORE_ADDRESS_SETTINGS_H

#include "common/base/config.h"

/* deliver.allow_private and git.allow_private; a config_check_fn. ERR_USAGE names the setting. */
MUST_CHECK enum err address_settings_check(const struct config *config, struct err_info *error);

#endif
