#include <stdio.h>

#include "events.h"
#include "sasl.h"

/* An empty authorization identity, the name, the password, NUL between them. */
static size_t begin(struct sasl *sasl, char *message) {
  int length = snprintf(message, SASL_ROOM, "%c%s%c%s", 0, sasl->name, 0, sasl->password);
  if (length >= (int)SASL_ROOM) fail("name and password are too long");
  return (size_t)length;
}

const struct mechanism plain = {.name = "PLAIN", .begin = begin};
