#include "person.h"

#include <stdio.h>
#include <string.h>

#include "../chat/events.h"
#include "../chat/marker.h"

#define READ_SIZE 65536u
#define KIND_SHIFT 28
/* Of a presence: who in the circle, above the number of the change. */
#define MEMBER_SHIFT 24

static const char text[] = "the quick brown fox jumps over the lazy dog and ";

static void add(struct person *person, const char *part) { link_queue(&person->session->link, part); }

static void add_marker(struct person *person, enum kind kind, uint32_t number, uint64_t stamp) {
  char *room = link_reserve(&person->session->link, MARKER_LENGTH);
  marker_write(room, (uint32_t)kind << KIND_SHIFT | number, stamp);
}

static void send_off(struct person *person) {
  if (!link_flush(&person->session->link))
    fail("the server does not read session %d", person->session->index);
}

static void begin_message(struct person *from, const char *address, enum kind kind, uint32_t number,
                          uint64_t stamp) {
  add(from, "<message type='chat' to='");
  add(from, address);
  add(from, "' id='");
  add_marker(from, kind, number, stamp);
}

void person_types(struct person *from, struct person *to, const char *address,
                  struct arrivals *arrivals) {
  begin_message(from, address, TYPING, to->sent[TYPING]++, now_ns());
  add(from, "'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>");
  send_off(from);
  arrivals->pending++;
}

void person_writes(struct person *from, struct person *to, const char *address, int body,
                   uint64_t stamp, struct arrivals *arrivals) {
  begin_message(from, address, MESSAGE, to->sent[MESSAGE]++, stamp);
  add(from, "'><body>");
  char *room = link_reserve(&from->session->link, (size_t)body);
  for (int i = 0; i < body; i++) room[i] = text[i % 48];
  add(from, "</body><active xmlns='http://jabber.org/protocol/chatstates'/></message>");
  send_off(from);
  arrivals->messages.in_flight++;
}

void person_changes(struct person *person, struct arrivals *arrivals) {
  uint32_t member = (uint32_t)person->session->index % CIRCLE;
  uint32_t number = person->sent[PRESENCE]++;
  add(person, "<presence id='");
  add_marker(person, PRESENCE, member << MEMBER_SHIFT | number, now_ns());
  add(person, number % 2 ? "'/>" : "'><show>away</show><status>in the garden</status></presence>");
  send_off(person);
  arrivals->pending += CIRCLE;
}

void person_asks(struct person *person, char kind, const char *domain, uint64_t stamp,
                 struct arrivals *arrivals) {
  char to[160];
  snprintf(to, sizeof to, "' to='%s", domain);
  add(person, kind == 'a' ? "<iq type='set' id='" : "<iq type='get' id='");
  add_marker(person, QUERY, person->sent[QUERY]++, stamp);
  if (kind == 'p' || kind == 'd') add(person, to);
  add(person, "'>");
  switch (kind) {
    case 'p': add(person, "<ping xmlns='urn:xmpp:ping'/>"); break;
    case 'd': add(person, "<query xmlns='http://jabber.org/protocol/disco#info'/>"); break;
    case 'r': add(person, "<query xmlns='jabber:iq:roster'/>"); break;
    default:
      add(person, "<query xmlns='urn:xmpp:mam:2'><set xmlns='http://jabber.org/protocol/rsm'>"
                  "<max>20</max><before/></set></query>");
  }
  add(person, "</iq>");
  send_off(person);
  arrivals->pending++;
}

struct reading {
  struct person *person;
  struct arrivals *arrivals;
  uint64_t now;
};

/* Those in a circle are numbered one after the other. */
static void count_change(struct person *person, uint32_t number) {
  uint32_t member = number >> MEMBER_SHIFT, change = number & ((1u << MEMBER_SHIFT) - 1);
  if (member >= CIRCLE || person->seen[member] != change)
    fail("session %d got change %u of %u in the place of %u", person->session->index, change, member,
         member < CIRCLE ? person->seen[member] : 0);
  person->seen[member]++;
}

static void count(struct reading *reading, enum kind kind, uint32_t number, uint64_t sent) {
  struct person *person = reading->person;
  struct arrivals *arrivals = reading->arrivals;
  if (kind == MESSAGE) {
    tally_arrival(&arrivals->messages, person->session->index, person->got[kind]++, number, sent,
                  reading->now);
    return;
  }
  arrivals->pending--;
  if (kind == PRESENCE) count_change(person, number);
  else if (number != person->got[kind]++)
    fail("session %d got number %u of kind %d in the place of %u", person->session->index, number,
         kind, person->got[kind] - 1);
  if (kind == QUERY && arrivals->messages.is_measuring)
    histogram_add(&arrivals->answers, reading->now > sent ? reading->now - sent : 0);
}

static bool is_stanza(const char *tag, size_t length) {
  return tag_is(tag, length, "message") || tag_is(tag, length, "presence") ||
         tag_is(tag, length, "iq");
}

static void take_tag(void *context, const char *tag, size_t length) {
  struct reading *reading = context;
  struct person *person = reading->person;
  uint32_t number;
  uint64_t sent;
  const char *rest;
  if (tag_is(tag, length, "forwarded")) person->is_in_page = true;
  if (tag_is(tag, length, "/forwarded")) person->is_in_page = false;
  if (person->is_in_page) return;
  if (tag_is(tag, length, "stream:error")) fail("session %d was closed", person->session->index);
  if (!is_stanza(tag, length)) return;
  reading->arrivals->stanzas++;
  if (tag_has(tag, length, " type=", "error"))
    fail("session %d got an error: %.*s", person->session->index, (int)length, tag);
  /* Without one: somebody comes or goes, or a page of the archive. */
  if (marker_find(tag, tag + length, &number, &sent, &rest))
    count(reading, number >> KIND_SHIFT, number & ((1u << KIND_SHIFT) - 1), sent);
}

void person_receive(struct person *person, struct arrivals *arrivals) {
  static char buffer[TAG_ROOM + READ_SIZE];
  struct reading reading = {.person = person, .arrivals = arrivals, .now = now_ns()};
  long length;
  while ((length = link_read(&person->session->link, buffer + TAG_ROOM, READ_SIZE)) > 0)
    tags_scan(&person->tags, buffer + TAG_ROOM, (size_t)length, take_tag, &reading);
  if (length == LINK_CLOSED) fail("the server closed session %d", person->session->index);
  arrivals->last = reading.now;
}
