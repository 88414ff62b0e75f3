#define _GNU_SOURCE
#include "visitors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "../chat/events.h"

/* In nanoseconds. */
#define STAY 5000000000u

enum whereabouts { AWAY, COMING, THERE, LEAVING };

struct visitor {
  struct session session; /* first: epoll hands it back */
  enum whereabouts whereabouts;
  uint64_t due;
};

void visitors_prepare(struct visitors *visitors, int first, int count, int epoll,
                      const struct options *options) {
  visitors->options = options;
  visitors->first = first;
  visitors->count = count;
  visitors->epoll = epoll;
  visitors->all = calloc((size_t)count, sizeof *visitors->all);
  if (!visitors->all) fail("out of memory");
}

static struct visitor *at(const struct visitors *visitors, uint64_t number) {
  return &visitors->all[number % (uint64_t)visitors->count];
}

void visitors_come(struct visitors *visitors, uint64_t due) {
  int account = visitors->first + (int)(visitors->begun % (uint64_t)visitors->count);
  struct visitor *visitor = at(visitors, visitors->begun++);
  if (visitor->whereabouts != AWAY) fail("the server does not keep up with the logins");
  visitor->whereabouts = COMING;
  visitor->due = due;
  sign_in_begin(&visitor->session, account, visitors->epoll, visitors->options);
}

/* Whoever is still on the way leaves when it is there. */
void visitors_go(struct visitors *visitors, uint64_t now) {
  while (visitors->next_to_leave < visitors->begun) {
    struct visitor *visitor = at(visitors, visitors->next_to_leave);
    if (visitor->whereabouts != THERE || now < visitor->due + STAY) return;
    visitors->next_to_leave++;
    visitor->whereabouts = LEAVING;
    session_queue_end(&visitor->session);
    if (!link_flush(&visitor->session.link)) fail("the server does not read visitors");
  }
}

static void welcome(struct visitors *visitors, struct visitor *visitor) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = visitor};
  visitor->whereabouts = THERE;
  if (visitors->is_measuring) histogram_add(&visitors->logins, now_ns() - visitor->due);
  if (epoll_ctl(visitors->epoll, EPOLL_CTL_ADD, visitor->session.link.fd, &event) < 0)
    fail("epoll: %s", strerror(errno));
}

/* Presence of others comes meanwhile, and is not looked at. */
static void listen(struct visitors *visitors, struct visitor *visitor) {
  char text[4096];
  long length;
  bool has_ended = false;
  while ((length = link_read(&visitor->session.link, text, sizeof text - 1)) > 0) {
    text[length] = 0;
    if (strstr(text, "stream:error")) fail("a visitor's session ended with an error: %.600s", text);
    has_ended = has_ended || strstr(text, "</stream:stream>");
  }
  if (!has_ended && length != LINK_CLOSED) return;
  if (visitor->whereabouts != LEAVING) fail("the server closed a visitor's session");
  link_close(&visitor->session.link);
  visitor->whereabouts = AWAY;
  visitors->left++;
}

void visitors_handle(struct visitors *visitors, struct session *session) {
  struct visitor *visitor = (struct visitor *)session;
  if (visitor->whereabouts != COMING) listen(visitors, visitor);
  else if (sign_in_proceed(session, visitors->epoll, visitors->options)) welcome(visitors, visitor);
}

bool visitors_are_gone(const struct visitors *visitors) {
  return visitors->left == visitors->begun;
}
