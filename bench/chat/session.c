#define _GNU_SOURCE
#include "session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "events.h"

#define IN_CAPACITY 8192u
#define SILENCE_MS 30000

static void open_stream(struct session *session, const struct options *options) {
  char header[256];
  snprintf(header, sizeof header,
           "<?xml version='1.0'?><stream:stream to='%s' version='1.0' xml:lang='en' "
           "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>",
           options->domain);
  link_queue(&session->link, header);
  session->in_length = 0;
  session->in[0] = 0;
}

static void encode_base64(const unsigned char *from, size_t length, char *to) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < length; i += 3) {
    size_t left = length - i;
    unsigned block = (unsigned)from[i] << 16 | (left > 1 ? from[i + 1] : 0u) << 8 |
                     (left > 2 ? from[i + 2] : 0u);
    *to++ = digits[block >> 18];
    *to++ = digits[block >> 12 & 63];
    *to++ = left > 1 ? digits[block >> 6 & 63] : '=';
    *to++ = left > 2 ? digits[block & 63] : '=';
  }
  *to = 0;
}

/* RFC 4616: an empty authorization identity, the name, the password, NUL between them. */
static void authenticate(struct session *session, const struct options *options) {
  char plain[128], encoded[200], stanza[320];
  int length = snprintf(plain, sizeof plain, "%c%s%d%c%s", 0, options->prefix, session->index, 0,
                        options->password);
  if (length >= (int)sizeof plain) fail("name and password are too long");
  encode_base64((unsigned char *)plain, (size_t)length, encoded);
  snprintf(stanza, sizeof stanza,
           "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>%s</auth>", encoded);
  link_queue(&session->link, stanza);
}

void settle(struct session *session, const struct options *options) {
  char ping[256];
  link_queue(&session->link, "<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>");
  if (!options->without_presence) link_queue(&session->link, "<presence/>");
  snprintf(ping, sizeof ping,
           "<iq type='get' id='fence' to='%s'><ping xmlns='urn:xmpp:ping'/></iq>", options->domain);
  link_queue(&session->link, ping);
}

static bool has(const struct session *session, const char *text) {
  return strstr(session->in, text) != NULL;
}

static void refuse_errors(const struct session *session) {
  if (has(session, "<failure") || has(session, "stream:error") || has(session, "type='error'") ||
      has(session, "type=\"error\""))
    fail("session %d got an error in step %d: %.600s", session->index, session->step, session->in);
}

static void take_jid(struct session *session) {
  char *start = strstr(session->in, "<jid>") + 5;
  size_t length = (size_t)(strstr(start, "</jid>") - start);
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
  if (!has(session, ">PLAIN<")) fail("the server does not offer PLAIN: %.600s", session->in);
  authenticate(session, options);
  go_to(session, AUTHENTICATING);
}

/* Does what the answer awaited in the present step calls for, once it is there whole. */
static void advance(struct session *session, const struct options *options) {
  refuse_errors(session);
  if (session->step == STREAM && has(session, "</stream:features>")) {
    choose_security(session, options);
  } else if (session->step == STARTING_TLS && has(session, "<proceed")) {
    link_start_tls(&session->link);
    go_to(session, STREAM);
    open_stream(session, options);
  } else if (session->step == AUTHENTICATING && has(session, "<success")) {
    go_to(session, AUTHENTICATED);
    open_stream(session, options);
  } else if (session->step == AUTHENTICATED && has(session, "</stream:features>")) {
    link_queue(&session->link,
               "<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
               "<resource>bench</resource></bind></iq>");
    go_to(session, BINDING);
  } else if (session->step == BINDING && has(session, "</iq>")) {
    if (!has(session, "</jid>")) fail("bind without a JID: %.600s", session->in);
    take_jid(session);
    go_to(session, options->until_bound ? SIGNED_IN : SETTLING);
    if (!options->until_bound) settle(session, options);
  } else if (session->step == SETTLING && has(session, "fence")) {
    go_to(session, SIGNED_IN);
  }
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

static void begin(struct session *session, int index, int epoll, const struct options *options) {
  session->index = index;
  session->step = CONNECTING;
  session->in = malloc(IN_CAPACITY);
  if (!session->in) fail("out of memory");
  link_connect(&session->link, options->host, options->port, 1 + index % options->sources);
  open_stream(session, options);
  watch(epoll, EPOLL_CTL_ADD, session, EPOLLIN | EPOLLOUT);
}

/* True when this event completed the sign-in. */
static bool handle(struct session *session, int epoll, const struct options *options) {
  if (session->step == CONNECTING) session->step = STREAM;
  else read_answers(session, options);
  bool is_all_sent = link_flush(&session->link);
  if (session->step == SIGNED_IN) {
    watch(epoll, EPOLL_CTL_DEL, session, 0);
    free(session->in);
    session->in = NULL;
    return true;
  }
  /* During a TLS handshake the writing waits for the reading. */
  bool waits_to_write = !is_all_sent && !session->link.tls;
  watch(epoll, EPOLL_CTL_MOD, session, waits_to_write ? EPOLLIN | EPOLLOUT : EPOLLIN);
  return false;
}

void sign_in(struct session *sessions, int from, int to, const struct options *options) {
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  int begun = from;
  int done = from;
  while (done < to) {
    while (begun < to && begun - done < options->parallel) {
      begin(&sessions[begun], begun, epoll, options);
      begun++;
    }
    struct epoll_event events[64];
    int count = epoll_wait(epoll, events, 64, SILENCE_MS);
    if (count == 0) fail("no session made progress for %d s", SILENCE_MS / 1000);
    for (int i = 0; i < count; i++)
      if (handle(events[i].data.ptr, epoll, options)) done++;
  }
  close(epoll);
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
