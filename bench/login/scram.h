/* SCRAM (RFC 5802, RFC 7677), without channel binding; by libcrypto. */
#ifndef SCRAM_H
#define SCRAM_H

#include "../chat/sasl.h"

extern const struct mechanism scram_sha_1;
extern const struct mechanism scram_sha_256;

#endif
