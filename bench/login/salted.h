/* SaltedPassword (RFC 5802 section 3), remembered as clients do: deriving takes a millisecond. */
#ifndef SALTED_H
#define SALTED_H

#include <openssl/evp.h>
#include <stddef.h>

/* Bytes of the longest hash. */
#define HASH_ROOM 32u
/* Bytes of the longest salt. */
#define SALT_ROOM 64u

/* The key of `password` by this salt and count; password and hash are the same each time. */
const unsigned char *salted_password(const EVP_MD *hash, const char *password,
                                     const unsigned char *salt, size_t salt_length,
                                     int iterations);

#endif
