#define _GNU_SOURCE
#include "client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../chat/base64.h"
#include "../chat/events.h"
#include "../chat/sasl.h"

#define NS_BOSH "http://jabber.org/protocol/httpbind"
#define NS_XBOSH "urn:xmpp:xbosh"
#define FIRST_RID 1000000u

char *client_reserve(struct client *client, size_t length) {
  if (client->payload_length + length > client->payload_capacity) {
    client->payload_capacity = 2 * (client->payload_length + length);
    client->payload = realloc(client->payload, client->payload_capacity);
    if (!client->payload) fail("out of memory");
  }
  char *room = client->payload + client->payload_length;
  client->payload_length += length;
  return room;
}

static void queue(struct client *client, const char *text) {
  size_t length = strlen(text);
  memcpy(client_reserve(client, length), text, length);
}

static uint64_t under_way(const struct client *client) {
  return client->next_rid - client->next_answer;
}

static struct exchange *vacant(struct client *client) {
  for (int i = 0; i < WINDOW; i++)
    if (!client->exchanges[i].is_busy) return &client->exchanges[i];
  return NULL;
}

/* Start tag of an ordinary request. */
static void begin_body(const struct client *client, char *start, size_t capacity) {
  snprintf(start, capacity, "<body rid='%lu' sid='%s' xmlns='" NS_BOSH "'%s", client->next_rid,
           client->sid, client->payload_length ? ">" : "/>");
}

void client_post(struct client *client) {
  char start[320];
  bool has_something = client->payload_length || client->start[0];
  struct exchange *exchange = vacant(client);
  if (!exchange || under_way(client) >= WINDOW || (!has_something && under_way(client))) return;
  begin_body(client, start, sizeof start);
  exchange->rid = client->next_rid++;
  client->requests++;
  int source = 1 + client->index % client->options->sources;
  exchange_post(exchange, client->epoll, source, client->options,
                client->start[0] ? client->start : start, client->payload, client->payload_length);
  client->payload_length = 0;
  client->start[0] = 0;
}

struct exchange *client_answered(struct client *client) {
  for (int i = 0; i < WINDOW; i++) {
    struct exchange *exchange = &client->exchanges[i];
    if (exchange->body && exchange->rid == client->next_answer) return exchange;
  }
  return NULL;
}

void client_take(struct client *client, struct exchange *exchange) {
  client->next_answer++;
  exchange_take(exchange);
}

void client_begin(struct client *client, int index, int epoll, const struct options *options) {
  client->index = index;
  client->epoll = epoll;
  client->options = options;
  client->next_rid = client->next_answer = FIRST_RID;
  for (int i = 0; i < WINDOW; i++) client->exchanges[i].owner = client;
  snprintf(client->start, sizeof client->start,
           "<body rid='%u' to='%s' hold='1' wait='60' ver='1.6' xml:lang='en' "
           "content='text/xml; charset=utf-8' xmpp:version='1.0' xmlns='" NS_BOSH "' "
           "xmlns:xmpp='" NS_XBOSH "'/>",
           FIRST_RID, options->domain);
  client_post(client);
}

/* Copies what is between `before` and the next `end`; false where there is none. */
static bool take_between(const char *text, const char *before, char end, char *to, size_t room) {
  const char *from = strstr(text, before);
  if (!from) return false;
  from += strlen(before);
  const char *last = strchr(from, end);
  if (!last || (size_t)(last - from) >= room) fail("unexpected: %.600s", text);
  memcpy(to, from, (size_t)(last - from));
  to[last - from] = 0;
  return true;
}

static bool take_sid(struct client *client, const char *answer) {
  return take_between(answer, " sid='", '\'', client->sid, sizeof client->sid) ||
         take_between(answer, " sid=\"", '"', client->sid, sizeof client->sid);
}

static void authenticate(struct client *client) {
  struct sasl sasl = {.password = client->options->password};
  char message[SASL_ROOM], encoded[BASE64_ROOM(SASL_ROOM)];
  snprintf(sasl.name, sizeof sasl.name, "%s%d", client->options->prefix, client->index);
  base64_encode((const unsigned char *)message, plain.begin(&sasl, message), encoded);
  queue(client, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>");
  queue(client, encoded);
  queue(client, "</auth>");
}

static void restart(struct client *client) {
  snprintf(client->start, sizeof client->start,
           "<body rid='%lu' sid='%s' to='%s' xml:lang='en' xmpp:restart='true' "
           "xmlns='" NS_BOSH "' xmlns:xmpp='" NS_XBOSH "'/>",
           client->next_rid, client->sid, client->options->domain);
}

static void settle(struct client *client) {
  char ping[256];
  queue(client, "<iq xmlns='jabber:client' type='get' id='roster'>"
                "<query xmlns='jabber:iq:roster'/></iq><presence xmlns='jabber:client'/>");
  snprintf(ping, sizeof ping,
           "<iq xmlns='jabber:client' type='get' id='fence' to='%s'>"
           "<ping xmlns='urn:xmpp:ping'/></iq>",
           client->options->domain);
  queue(client, ping);
}

static void refuse_errors(const struct client *client, const char *answer) {
  static const char *const signs[] = {"<failure", "type='error'", "type=\"error\"",
                                      "type='terminate'", "type=\"terminate\""};
  for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
    if (strstr(answer, signs[i]))
      fail("session %d got an error in step %d: %.600s", client->index, client->step, answer);
}

bool client_advance(struct client *client, const char *answer) {
  refuse_errors(client, answer);
  if (client->step == BOSH_CREATING) {
    if (!take_sid(client, answer)) fail("no session: %.600s", answer);
    client->step = BOSH_OFFERED;
  }
  if (client->step == BOSH_OFFERED && strstr(answer, ">PLAIN<")) {
    authenticate(client);
    client->step = BOSH_AUTHENTICATING;
  } else if (client->step == BOSH_AUTHENTICATING && strstr(answer, "<success")) {
    restart(client);
    client->step = BOSH_RESTARTING;
  } else if (client->step == BOSH_RESTARTING && strstr(answer, "<bind")) {
    queue(client, "<iq xmlns='jabber:client' type='set' id='bind'>"
                  "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
                  "<resource>bench</resource></bind></iq>");
    client->step = BOSH_BINDING;
  } else if (client->step == BOSH_BINDING &&
             take_between(answer, "<jid>", '<', client->jid, sizeof client->jid)) {
    settle(client);
    client->step = BOSH_SETTLING;
  } else if (client->step == BOSH_SETTLING && strstr(answer, "fence")) {
    client->step = BOSH_SIGNED_IN;
  }
  return client->step == BOSH_SIGNED_IN;
}
