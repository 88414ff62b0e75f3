/* SaltedPassword (RFC 5802 section 3), remembered as clients do: deriving takes a millisecond. */
#ifndef SALTED_H
#define SALTED_H

#include <stddef.h>

#define SHA1_LENGTH 20u
/* Bytes of the longest salt. */
#define SALT_ROOM 64u

/* The key of `password` by this salt and count; it is the same password each time. */
const unsigned char *salted_password(const char *password, const unsigned char *salt,
                                     size_t salt_length, int iterations);

#endif
