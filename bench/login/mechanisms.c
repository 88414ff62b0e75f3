#include "mechanisms.h"

#include <string.h>

#include "../chat/events.h"
#include "scram.h"
#include "token.h"

void choose_mechanism(struct options *options) {
  const struct mechanism *const all[] = {&plain, &scram_sha_1, &scram_sha_256};
  const char *name = options->mechanism_name;
  if (strcmp(name, "FAST") == 0) {
    /* The first time, since a token is to be got by a password. */
    options->mechanism = &scram_sha_256;
    options->token_mechanism = &ht_sha_256_none;
    return;
  }
  for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
    options->mechanism = all[i];
    if (strcmp(name, all[i]->name) == 0) return;
  }
  fail("--mechanism is PLAIN, SCRAM-SHA-1, SCRAM-SHA-256 or FAST, not %s", name);
}
