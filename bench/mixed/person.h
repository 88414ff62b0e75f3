/*
 * Somebody who is there all day, and what has come for them. All that is sent has a marker in its
 * id, and each kind is numbered for itself: what is lost, repeated or out of order ends the run.
 */
#ifndef PERSON_H
#define PERSON_H

#include <stdbool.h>
#include <stdint.h>

#include "../chat/session.h"
#include "../chat/tally.h"
#include "../presence/tags.h"

/* People in a circle are each other's contacts. */
#define CIRCLE 10

enum kind { MESSAGE = 1, TYPING, PRESENCE, QUERY };

struct person {
  struct session *session;
  struct tags tags;
  bool is_in_page;        /* within a message from the archive */
  /* By kind. Sent: of messages and typing what the others sent to this one. */
  uint32_t sent[QUERY + 1];
  uint32_t got[QUERY + 1];
  uint32_t seen[CIRCLE];  /* changes of presence, by who in the circle */
};

/* What has come for all. */
struct arrivals {
  struct tally messages;
  uint64_t pending;       /* of all other kinds */
  uint64_t last;
  uint64_t stanzas;       /* that have come, messages among them */
  struct histogram answers; /* to queries, while messages are measured */
};

/* What a person does; each fails when the server does not read. `stamp` is when it was due. */
void person_types(struct person *from, struct person *to, const char *address,
                  struct arrivals *arrivals);
void person_writes(struct person *from, struct person *to, const char *address, int body,
                   uint64_t stamp, struct arrivals *arrivals);
void person_changes(struct person *person, struct arrivals *arrivals);
/* `kind` is p (ping), d (disco), r (roster) or a (the newest page of the archive). */
void person_asks(struct person *person, char kind, const char *domain, uint64_t stamp,
                 struct arrivals *arrivals);

/* Reads and counts all there is. */
void person_receive(struct person *person, struct arrivals *arrivals);

#endif
