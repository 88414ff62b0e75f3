/* Accounts that log in in turn, stay for a while, and log out. */
#ifndef VISITORS_H
#define VISITORS_H

#include "../chat/histogram.h"
#include "../chat/session.h"

struct visitor;

struct visitors {
  const struct options *options;
  struct visitor *all;
  int first;              /* number of the first account */
  int count;
  int epoll;
  uint64_t begun;
  uint64_t left;          /* who have logged out */
  uint64_t next_to_leave; /* visitors leave in the order in which they came */
  bool is_measuring;
  struct histogram logins;
};

void visitors_prepare(struct visitors *visitors, int first, int count, int epoll,
                      const struct options *options);

/* The next one logs in; `due` is when that was to begin. Fails when all are still there. */
void visitors_come(struct visitors *visitors, uint64_t due);

/* Those leave who have been there for long enough. */
void visitors_go(struct visitors *visitors, uint64_t now);

/* Whether it is a visitor's session; its events are for this. */
void visitors_handle(struct visitors *visitors, struct session *session);

/* Whether nobody is there. */
bool visitors_are_gone(const struct visitors *visitors);

#endif
