/* SCRAM-SHA-1 (RFC 5802), without channel binding; by libcrypto. */
#ifndef SCRAM_H
#define SCRAM_H

#include "../chat/sasl.h"

extern const struct mechanism scram_sha_1;

#endif
