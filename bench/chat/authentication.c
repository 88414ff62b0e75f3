#include "authentication.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "events.h"
#include "websocket.h"

#define NS_SASL "urn:ietf:params:xml:ns:xmpp-sasl"
#define NS_SASL2 "urn:xmpp:sasl:2"
#define NS_FAST "urn:xmpp:fast:0"

void authentication_keep(struct options *options, int accounts) {
  if (options->token_mechanism)
    options->tokens = calloc((size_t)accounts, sizeof *options->tokens);
  if (options->with_tickets) options->tickets = calloc((size_t)accounts, sizeof *options->tickets);
  if ((options->token_mechanism && !options->tokens) || (options->with_tickets && !options->tickets))
    fail("out of memory");
}

bool authentication_has_token(const struct session *session, const struct options *options) {
  return options->tokens && options->tokens[session->index][0];
}

/* Sends a message in the element that is written up to its content, and ends it. */
static void send_message(struct session *session, const char *start, const char *message,
                         size_t length, const char *end) {
  char encoded[BASE64_ROOM(SASL_ROOM)];
  size_t from = session->link.out_length;
  base64_encode((const unsigned char *)message, length, encoded);
  link_queue(&session->link, start);
  link_queue(&session->link, encoded);
  link_queue(&session->link, end);
  if (session->link.is_framed) websocket_wrap(&session->link, from);
}

/* What came in offers everything, unless nothing was awaited. */
static void check_offer(const struct session *session, const struct options *options) {
  char offer[64];
  if (authentication_has_token(session, options)) return;
  snprintf(offer, sizeof offer, ">%s<", options->mechanism->name);
  if (!strstr(session->in, offer))
    fail("the server does not offer %s: %.600s", options->mechanism->name, session->in);
  if (!options->token_mechanism) return;
  snprintf(offer, sizeof offer, ">%s<", options->token_mechanism->name);
  if (!strstr(session->in, NS_SASL2) || !strstr(session->in, offer))
    fail("the server does not offer %s by SASL2: %.600s", offer, session->in);
}

static void send_auth(struct session *session, const char *message, size_t length) {
  char start[128];
  snprintf(start, sizeof start, "<auth xmlns='" NS_SASL "' mechanism='%s'>",
           session->mechanism->name);
  send_message(session, start, message, length, "</auth>");
}

/* XEP-0388 section 2.3; each account has one client, which is known by its id again. */
static void send_authenticate(struct session *session, const struct options *options,
                              const char *message, size_t length) {
  char start[192], token[128], end[1024];
  const char *bind = "<bind xmlns='urn:xmpp:bind:0'><tag>bench</tag></bind>";
  snprintf(start, sizeof start,
           "<authenticate xmlns='" NS_SASL2 "' mechanism='%s'><initial-response>",
           session->mechanism->name);
  if (authentication_has_token(session, options))
    snprintf(token, sizeof token, "<fast xmlns='" NS_FAST "'/>");
  else
    snprintf(token, sizeof token, "<request-token xmlns='" NS_FAST "' mechanism='%s'/>",
             options->token_mechanism->name);
  int written = snprintf(
      end, sizeof end,
      "</initial-response><user-agent id='%08x-0000-4000-8000-000000000000'/>%s%s</authenticate>",
      (unsigned)session->index, session->request ? session->request : bind, token);
  if (written >= (int)sizeof end) fail("the request is too long");
  send_message(session, start, message, length, end);
}

void authentication_begin(struct session *session, const struct options *options) {
  struct sasl *sasl = session->sasl;
  char message[SASL_ROOM];
  bool has_token = authentication_has_token(session, options);
  int length = snprintf(sasl->name, sizeof sasl->name, "%s%d", options->prefix,
                        session->index / options->per_account);
  if (length >= (int)sizeof sasl->name) fail("the name is too long");
  check_offer(session, options);
  sasl->password = has_token ? options->tokens[session->index] : options->password;
  session->mechanism = has_token ? options->token_mechanism : options->mechanism;
  size_t written = session->mechanism->begin(sasl, message);
  if (options->token_mechanism) send_authenticate(session, options, message, written);
  else send_auth(session, message, written);
}

/* Decodes the content of the element that came in, with a NUL behind it. */
static void take_message(const struct session *session, const char *name, char *to) {
  const char *element = strstr(session->in, name);
  if (!element) fail("session %d misses %s in %.600s", session->index, name, session->in);
  to[base64_decode(strchr(element, '>') + 1, (unsigned char *)to, SASL_ROOM - 1)] = 0;
}

void authentication_respond(struct session *session, const struct options *options) {
  const struct mechanism *mechanism = session->mechanism;
  char challenge[SASL_ROOM], message[SASL_ROOM];
  if (!mechanism->respond) fail("the server asks more than %s answers", mechanism->name);
  take_message(session, "<challenge", challenge);
  size_t length = mechanism->respond(session->sasl, challenge, message);
  const char *start = options->token_mechanism ? "<response xmlns='" NS_SASL2 "'>"
                                               : "<response xmlns='" NS_SASL "'>";
  send_message(session, start, message, length, "</response>");
}

/* The one that was asked for, or one that follows what has grown old: it replaces that. */
static void take_token(const struct session *session, const struct options *options) {
  char *kept = options->tokens[session->index];
  const char *token = strstr(session->in, "<token ");
  if (!token && !kept[0]) fail("the server gives no token: %.600s", session->in);
  if (!token) return;
  const char *value = strstr(token, " token=");
  size_t length = value ? strcspn(value + 8, "'\"") : 0;
  if (length == 0 || length >= TOKEN_ROOM) fail("the server gives an odd token: %.200s", token);
  memcpy(kept, value + 8, length);
  kept[length] = 0;
}

bool authentication_conclude(struct session *session, const struct options *options) {
  const struct mechanism *mechanism = session->mechanism;
  bool is_sasl2 = options->token_mechanism != NULL;
  /* What stands in it is there once it has ended; some servers write it in one tag. */
  bool is_long = is_sasl2 || mechanism->check;
  if (!strstr(session->in, is_long ? "</success>" : "<success")) return false;
  if (mechanism->check) {
    char data[SASL_ROOM];
    take_message(session, is_sasl2 ? "<additional-data" : "<success", data);
    mechanism->check(session->sasl, data);
  }
  if (is_sasl2) take_token(session, options);
  return true;
}
