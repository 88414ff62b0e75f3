/* Signing in by a token (XEP-0484), without channel binding: draft-schmaus-sasl-ht-09. */
#ifndef TOKEN_H
#define TOKEN_H

#include "../chat/sasl.h"

extern const struct mechanism ht_sha_256_none;

#endif
