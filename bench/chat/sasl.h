/* SASL mechanisms: what a client says to prove who it is. */
#ifndef SASL_H
#define SASL_H

#include <stddef.h>

/* Bytes of the longest message, either way, before it is encoded. */
#define SASL_ROOM 512u

/* One sign-in under way. */
struct sasl {
  char name[64];
  const char *password; /* or the token */
  /* SCRAM: client-first-message-bare, and the proof that the server owes. */
  char client_first[128];
  unsigned char server_signature[32];
};

struct mechanism {
  const char *name;
  /* Writes the initial response and returns its bytes. */
  size_t (*begin)(struct sasl *sasl, char *message);
  /* Answers a challenge; null for mechanisms without. */
  size_t (*respond)(struct sasl *sasl, const char *challenge, char *message);
  /* Fails unless what came with success proves that the server is the right one; or null. */
  void (*check)(const struct sasl *sasl, const char *data);
};

/* RFC 4616. */
extern const struct mechanism plain;

#endif
