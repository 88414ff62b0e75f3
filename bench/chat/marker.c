#include "marker.h"

#include <string.h>

static void write_hex(char *to, uint64_t value, int digits) {
  for (int i = digits - 1; i >= 0; i--, value >>= 4) to[i] = "0123456789abcdef"[value & 15];
}

static uint64_t read_hex(const char *from, int digits) {
  uint64_t value = 0;
  for (int i = 0; i < digits; i++) {
    char digit = from[i];
    value = value << 4 | (unsigned)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
  }
  return value;
}

void marker_write(char *to, uint32_t number, uint64_t sent) {
  to[0] = '~';
  write_hex(to + 1, number, 8);
  to[9] = ':';
  write_hex(to + 10, sent, 16);
  to[26] = '~';
}

const char *marker_find(const char *from, const char *end, uint32_t *number, uint64_t *sent,
                        const char **rest) {
  while (from < end && (from = memchr(from, '~', (size_t)(end - from)))) {
    if ((size_t)(end - from) < MARKER_LENGTH) {
      *rest = from;
      return NULL;
    }
    if (from[9] == ':' && from[26] == '~') {
      *number = (uint32_t)read_hex(from + 1, 8);
      *sent = read_hex(from + 10, 16);
      return from + MARKER_LENGTH;
    }
    from++;
  }
  *rest = end;
  return NULL;
}
