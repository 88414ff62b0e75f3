/* Base64 (RFC 4648 section 4), as SASL's messages travel. */
#ifndef BASE64_H
#define BASE64_H

#include <stddef.h>

/* Bytes that `length` bytes take encoded, with the NUL behind them. */
#define BASE64_ROOM(length) (((length) + 2) / 3 * 4 + 1)

void base64_encode(const unsigned char *from, size_t length, char *to);

/*
 * Decodes the digits that `text` starts with, at most `capacity` bytes, and returns how many;
 * fails when there are more.
 */
size_t base64_decode(const char *text, unsigned char *to, size_t capacity);

#endif
