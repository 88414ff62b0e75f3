#include "base64.h"

#include <string.h>

#include "events.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(const unsigned char *from, size_t length, char *to) {
  for (size_t i = 0; i < length; i += 3) {
    size_t left = length - i;
    unsigned block = (unsigned)from[i] << 16 | (left > 1 ? from[i + 1] : 0u) << 8 |
                     (left > 2 ? from[i + 2] : 0u);
    *to++ = digits[block >> 18];
    *to++ = digits[block >> 12 & 63];
    *to++ = left > 1 ? digits[block >> 6 & 63] : '=';
    *to++ = left > 2 ? digits[block & 63] : '=';
  }
  *to = 0;
}

size_t base64_decode(const char *text, unsigned char *to, size_t capacity) {
  size_t length = 0;
  unsigned bits = 0;
  int count = 0;
  for (const char *digit; *text && (digit = strchr(digits, *text)); text++) {
    bits = bits << 6 | (unsigned)(digit - digits);
    if ((count += 6) < 8) continue;
    if (length == capacity) fail("the server sent endless base64");
    to[length++] = (unsigned char)(bits >> (count -= 8));
  }
  return length;
}
