#define _GNU_SOURCE
#include "session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "authentication.h"
#include "events.h"
#include "websocket.h"

#define IN_CAPACITY 8192u
#define SILENCE_MS 30000

#define NS_FRAMING "urn:ietf:params:xml:ns:xmpp-framing"

const char *session_namespace(const struct session *session) {
  return session->link.is_framed ? " xmlns='jabber:client'" : "";
}

/* One element, or what a stream begins or ends with. */
static void queue(struct session *session, const char *text) {
  size_t from = session->link.out_length;
  link_queue(&session->link, text);
  if (session->link.is_framed) websocket_wrap(&session->link, from);
}

static void open_stream(struct session *session, const struct options *options) {
  const char *start = "<?xml version='1.0'?><stream:stream", *end = ">";
  const char *namespaces = "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'";
  char header[256];
  if (session->link.is_framed) start = "<open", end = "/>", namespaces = "xmlns='" NS_FRAMING "'";
  snprintf(header, sizeof header, "%s to='%s' version='1.0' xml:lang='en' %s%s", start,
           options->domain, namespaces, end);
  queue(session, header);
  session->in_length = 0;
  session->in[0] = 0;
}

void session_queue_end(struct session *session) {
  queue(session, session->link.is_framed ? "<close xmlns='" NS_FRAMING "'/>" : "</stream:stream>");
}

/* Queues a stanza that is written from behind its element's name on. */
static void queue_stanza(struct session *session, const char *name, const char *rest) {
  char stanza[320];
  snprintf(stanza, sizeof stanza, "<%s%s%s", name, session_namespace(session), rest);
  queue(session, stanza);
}

void settle(struct session *session, const struct options *options) {
  char ping[256];
  queue_stanza(session, "iq", " type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>");
  if (!options->without_presence) queue_stanza(session, "presence", "/>");
  snprintf(ping, sizeof ping,
           " type='get' id='fence' to='%s'><ping xmlns='urn:xmpp:ping'/></iq>", options->domain);
  queue_stanza(session, "iq", ping);
}

static bool has(const struct session *session, const char *text) {
  return strstr(session->in, text) != NULL;
}

static void refuse_errors(const struct session *session) {
  if (has(session, "<failure") || has(session, "stream:error") || has(session, "type='error'") ||
      has(session, "type=\"error\""))
    fail("session %d got an error in step %d: %.600s", session->index, session->step, session->in);
}

/* The full JID stands between these tags. */
static void take_jid(struct session *session, const char *before, const char *behind) {
  const char *start = strstr(session->in, before), *end = strstr(session->in, behind);
  if (!start || !end) fail("the server bound no JID: %.600s", session->in);
  start += strlen(before);
  size_t length = (size_t)(end - start);
  if (length >= sizeof session->jid) fail("the server bound an endless JID");
  memcpy(session->jid, start, length);
  session->jid[length] = 0;
}

static void go_to(struct session *session, enum step step) {
  session->step = step;
  session->in_length = 0;
  session->in[0] = 0;
}

static void choose_security(struct session *session, const struct options *options) {
  if (options->with_tls && !session->link.tls) {
    if (!has(session, "<starttls")) fail("the server offers no STARTTLS");
    link_queue(&session->link, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    go_to(session, STARTING_TLS);
    return;
  }
  authentication_begin(session, options);
  go_to(session, AUTHENTICATING);
}

static void open_secure_stream(struct session *session, const struct options *options) {
  link_start_tls(&session->link, options->tickets ? &options->tickets[session->index] : NULL);
  go_to(session, STREAM);
  open_stream(session, options);
  if (!authentication_has_token(session, options)) return;
  /* What the server offers is known from the last time. */
  authentication_begin(session, options);
  go_to(session, AUTHENTICATING);
}

/* Sessions of one account have resources of their own. */
static void bind_resource(struct session *session, const struct options *options) {
  char rest[160];
  snprintf(rest, sizeof rest,
           " type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
           "<resource>bench%d</resource></bind></iq>",
           session->index % options->per_account);
  queue_stanza(session, "iq", rest);
  go_to(session, BINDING);
}

/* The session has its resource. */
static void enter(struct session *session, const struct options *options) {
  go_to(session, options->until_bound ? SIGNED_IN : SETTLING);
  if (!options->until_bound) settle(session, options);
}

/* SASL2 binds along with it. */
static void go_on_authenticated(struct session *session, const struct options *options) {
  if (!options->token_mechanism) {
    go_to(session, AUTHENTICATED);
    open_stream(session, options);
  } else if (options->until_authenticated) {
    session->step = SIGNED_IN;
  } else {
    take_jid(session, "<authorization-identifier>", "</authorization-identifier>");
    enter(session, options);
  }
}

/* Does what the answer awaited in the present step calls for, once it is there whole. */
static void advance(struct session *session, const struct options *options) {
  refuse_errors(session);
  if (session->step == UPGRADING && has(session, "\r\n\r\n")) {
    if (!has(session, "HTTP/1.1 101 ")) fail("no WebSocket: %.600s", session->in);
    go_to(session, STREAM);
    open_stream(session, options);
  } else if (session->step == STREAM && has(session, "</stream:features>")) {
    choose_security(session, options);
  } else if (session->step == STARTING_TLS && has(session, "<proceed")) {
    open_secure_stream(session, options);
  } else if (session->step == AUTHENTICATING && has(session, "</challenge>")) {
    authentication_respond(session, options);
    go_to(session, AUTHENTICATING);
  } else if (session->step == AUTHENTICATING && authentication_conclude(session, options)) {
    go_on_authenticated(session, options);
  } else if (session->step == AUTHENTICATED && has(session, "</stream:features>")) {
    if (options->until_authenticated) session->step = SIGNED_IN;
    else bind_resource(session, options);
  } else if (session->step == BINDING && has(session, "</iq>")) {
    take_jid(session, "<jid>", "</jid>");
    enter(session, options);
  } else if (session->step == SETTLING && has(session, "fence")) {
    go_to(session, SIGNED_IN);
  }
}

/* Lengths of frames have some; frames are not read otherwise. */
static void hide_nuls(char *text, size_t length) {
  for (size_t i = 0; i < length; i++)
    if (!text[i]) text[i] = ' ';
}

static void read_answers(struct session *session, const struct options *options) {
  long length = 1;
  while (length != LINK_EMPTY && session->step != SIGNED_IN) {
    size_t room = IN_CAPACITY - 1 - session->in_length;
    if (!room) fail("session %d got too much in step %d", session->index, session->step);
    length = link_read(&session->link, session->in + session->in_length, room);
    if (length == LINK_CLOSED)
      fail("the server closed session %d in step %d: %.600s", session->index, session->step,
           session->in);
    hide_nuls(session->in + session->in_length, (size_t)length);
    session->in_length += (size_t)length;
    session->in[session->in_length] = 0;
    if (length > 0) advance(session, options);
  }
}

static void watch(int epoll, int operation, struct session *session, unsigned events) {
  struct epoll_event event = {.events = events, .data.ptr = session};
  if (epoll_ctl(epoll, operation, session->link.fd, &event) < 0)
    fail("epoll: %s", strerror(errno));
}

void sign_in_begin(struct session *session, int index, int epoll, const struct options *options) {
  session->index = index;
  session->step = CONNECTING;
  session->in = malloc(IN_CAPACITY);
  session->sasl = calloc(1, sizeof *session->sasl);
  if (!session->in || !session->sasl) fail("out of memory");
  link_connect(&session->link, options->host, options->port, 1 + index % options->sources);
  session->link.is_framed = options->with_websocket;
  if (options->with_websocket) websocket_ask(&session->link, options->domain, options->port);
  else open_stream(session, options);
  watch(epoll, EPOLL_CTL_ADD, session, EPOLLIN | EPOLLOUT);
}

bool sign_in_proceed(struct session *session, int epoll, const struct options *options) {
  if (session->step == CONNECTING) session->step = options->with_websocket ? UPGRADING : STREAM;
  else read_answers(session, options);
  bool is_all_sent = link_flush(&session->link);
  if (session->step == SIGNED_IN) {
    watch(epoll, EPOLL_CTL_DEL, session, 0);
    if (!options->until_authenticated) sign_in_forget(session);
    return true;
  }
  /* During a TLS handshake the writing waits for the reading. */
  bool waits_to_write = !is_all_sent && !session->link.tls;
  watch(epoll, EPOLL_CTL_MOD, session, waits_to_write ? EPOLLIN | EPOLLOUT : EPOLLIN);
  return false;
}

void sign_in_forget(struct session *session) {
  free(session->in);
  free(session->sasl);
  session->in = NULL;
  session->sasl = NULL;
}

void sign_in(struct session *sessions, int from, int to, const struct options *options) {
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  int begun = from;
  int done = from;
  while (done < to) {
    while (begun < to && begun - done < options->parallel) {
      sign_in_begin(&sessions[begun], begun, epoll, options);
      begun++;
    }
    struct epoll_event events[64];
    int count = epoll_wait(epoll, events, 64, SILENCE_MS);
    if (count == 0) fail("no session made progress for %d s", SILENCE_MS / 1000);
    for (int i = 0; i < count; i++)
      if (sign_in_proceed(events[i].data.ptr, epoll, options)) done++;
  }
  close(epoll);
}

void check_all_open(struct session *sessions, int count) {
  char text[4096];
  for (int i = 0; i < count; i++) {
    long length;
    do {
      length = link_read(&sessions[i].link, text, sizeof text);
      if (length == LINK_CLOSED) fail("the server closed idle session %d of %d", i, count);
    } while (length > 0);
  }
}

void allow_connections(int count) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < (rlim_t)count + 64)
    fail("%d connections want more open files than the limit of %lu", count,
         (unsigned long)limit.rlim_cur);
}
