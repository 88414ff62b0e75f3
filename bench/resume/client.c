#include "client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../chat/events.h"
#include "../chat/marker.h"

#define READ_SIZE 65536u
#define NS_SM "urn:xmpp:sm:3"

static void say_to_server(struct client *client, const char *text) {
  link_queue(&client->session->link, text);
}

void client_enable(struct client *client) {
  say_to_server(client, "<enable xmlns='" NS_SM "' resume='true'/>");
}

void client_ping(struct client *client, const char *domain) {
  char ping[256];
  snprintf(ping, sizeof ping,
           "<iq type='get' id='fence' to='%s'><ping xmlns='urn:xmpp:ping'/></iq>", domain);
  say_to_server(client, ping);
  client->awaits_answer = true;
  client->said++;
}

void client_prepare(struct client *client) {
  int length = snprintf(client->request, sizeof client->request,
                        "<resume xmlns='" NS_SM "' previd='%s' h='%u'/>", client->id, client->heard);
  if (length >= (int)sizeof client->request) fail("the id of a session is endless");
  client->session->request = client->request;
  client->is_there = client->is_resumed = false;
  client->tags.rest_length = 0;
}

void client_resume(struct client *client) { say_to_server(client, client->request); }

static void acknowledge(struct client *client) {
  char text[96];
  snprintf(text, sizeof text, "<a xmlns='" NS_SM "' h='%u'/>", client->heard);
  say_to_server(client, text);
}

static void become_there(struct client *client) {
  client->is_there = client->is_resumed && client->received == client->owed;
}

static void take_enabled(struct client *client, const char *tag, size_t length) {
  const char *id = tag_attribute(tag, length, " id=");
  size_t size = id ? strcspn(id, "'\"") : 0;
  if (size == 0 || size >= sizeof client->id) fail("a session without an id: %.300s", tag);
  memcpy(client->id, id, size);
  client->id[size] = 0;
  client->heard = client->said = 0;
  client->is_there = true;
}

static void take_resumed(struct client *client, const char *tag, size_t length) {
  const char *h = tag_attribute(tag, length, " h=");
  if (!h || (uint32_t)strtoul(h, NULL, 10) != client->said)
    fail("session %d has said %u stanzas: %.*s", client->session->index, client->said, (int)length,
         tag);
  client->is_resumed = true;
  become_there(client);
}

/* The marker is in the id. */
static void take_message(struct client *client, const char *tag, size_t length) {
  uint32_t number;
  uint64_t sent;
  const char *rest;
  if (!marker_find(tag, tag + length, &number, &sent, &rest))
    fail("session %d got an odd message: %.*s", client->session->index, (int)length, tag);
  if (number != client->received || client->received == client->owed)
    fail("session %d received message %u where %u was due: %s", client->session->index, number,
         client->received, number < client->received ? "a repetition" : "a loss or a wrong order");
  client->received++;
  become_there(client);
}

static void take_stanza(struct client *client, const char *tag, size_t length) {
  client->heard++;
  if (tag_has(tag, length, " type=", "error"))
    fail("session %d got an error: %.*s", client->session->index, (int)length, tag);
  if (tag_is(tag, length, "message")) take_message(client, tag, length);
  else if (tag_has(tag, length, " id=", "fence")) client->awaits_answer = false;
}

static void take_tag(void *context, const char *tag, size_t length) {
  struct client *client = context;
  if (tag_is(tag, length, "message") || tag_is(tag, length, "iq") ||
      tag_is(tag, length, "presence"))
    take_stanza(client, tag, length);
  else if (tag_is(tag, length, "r")) acknowledge(client);
  else if (tag_is(tag, length, "enabled")) take_enabled(client, tag, length);
  else if (tag_is(tag, length, "resumed")) take_resumed(client, tag, length);
  else if (tag_is(tag, length, "failed") || tag_is(tag, length, "stream:error"))
    fail("session %d is refused: %.*s", client->session->index, (int)length, tag);
}

static char buffer[TAG_ROOM + READ_SIZE];

void client_take(struct client *client, const char *text, size_t length) {
  if (length > READ_SIZE) fail("too much at once");
  memcpy(buffer + TAG_ROOM, text, length);
  tags_scan(&client->tags, buffer + TAG_ROOM, length, take_tag, client);
}

void client_receive(struct client *client) {
  long length;
  while ((length = link_read(&client->session->link, buffer + TAG_ROOM, READ_SIZE)) > 0)
    tags_scan(&client->tags, buffer + TAG_ROOM, (size_t)length, take_tag, client);
  if (length == LINK_CLOSED) fail("the server closed session %d", client->session->index);
}

void client_flush(struct client *client) {
  /* So little is under way that a full socket means a server that does not read. */
  struct link *link = &client->session->link;
  if (!link_flush(link) && !link->tls)
    fail("the server does not read session %d", client->session->index);
}
