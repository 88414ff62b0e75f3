/*
 * Archives read page by page (XEP-0313): each client walks through its account's archive from the
 * newest message back to the oldest and forward again, over and over, with one question under way.
 * Every message has to be where it belongs: a page that is too short, a gap, a repetition, or an
 * archive that ends too early ends the run with an error. With --fill it makes the archives.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>

#include "../chat/events.h"
#include "../chat/options.h"
#include "../chat/session.h"
#include "../chat/tally.h"
#include "fill.h"
#include "page.h"

#define PAGE_SIZE 100u

struct reader {
  struct session *session;
  struct page page;
  struct contents contents;
  bool is_forward;
  uint32_t walked;    /* messages in this direction so far */
  uint64_t asked;     /* when */
};

struct run {
  struct options options;
  struct reader *readers;
  int epoll;
  int waiting;        /* questions under way */
  bool is_asking;
  uint64_t messages;  /* within the measured window */
  uint64_t last_page;
  struct tally tally; /* of pages */
};

/* The next page in this direction, or the first. */
static void ask(struct run *run, struct reader *reader) {
  const char *name = reader->is_forward ? "after" : "before";
  const char *id = reader->is_forward ? reader->contents.last_id : reader->contents.first_id;
  char place[PAGE_ID + 32] = "", question[512];
  if (reader->walked) snprintf(place, sizeof place, "<%s>%s</%s>", name, id, name);
  else if (!reader->is_forward) strcpy(place, "<before/>");
  snprintf(question, sizeof question,
           "<iq type='set' id='page'><query xmlns='urn:xmpp:mam:2'>"
           "<set xmlns='http://jabber.org/protocol/rsm'><max>%u</max>%s</set></query></iq>",
           PAGE_SIZE, place);
  link_queue(&reader->session->link, question);
  if (!link_flush(&reader->session->link)) fail("the server does not read questions");
  reader->asked = now_ns();
  run->waiting++;
}

static void check_page(const struct run *run, const struct reader *reader) {
  const struct contents *page = &reader->contents;
  uint32_t left = (uint32_t)run->options.archived - reader->walked;
  uint32_t due = left < PAGE_SIZE ? left : PAGE_SIZE;
  uint32_t first = reader->is_forward ? reader->walked : left - due;
  if (page->count != due || (due > 0 && page->first != first))
    fail("a page has %u messages from %u on where %u from %u on were due", page->count,
         page->first, due, first);
  if (page->is_last && due < left) fail("an archive ends %u messages too early", left - due);
}

static void take_page(struct run *run, struct reader *reader) {
  uint64_t now = now_ns();
  page_read(&reader->page, &reader->contents);
  check_page(run, reader);
  run->waiting--;
  run->last_page = now;
  reader->walked += reader->contents.count;
  if (run->tally.is_measuring) {
    run->tally.delivered++;
    run->messages += reader->contents.count;
    histogram_add(&run->tally.latencies, now - reader->asked);
  }
  if (reader->contents.is_last || reader->contents.count == 0) {
    reader->walked = 0;
    reader->is_forward = !reader->is_forward;
  }
  if (run->is_asking) ask(run, reader);
}

static void receive(struct run *run, struct reader *reader) {
  struct page *page = &reader->page;
  long length = 1;
  while (length > 0) {
    if (page->length == PAGE_ROOM) fail("a page has no end");
    length = link_read(&reader->session->link, page->in + page->length, PAGE_ROOM - page->length);
    if (length == LINK_CLOSED) fail("the server closed session %d", reader->session->index);
    page->length += (size_t)length;
    if (length > 0 && page_is_whole(page)) take_page(run, reader);
  }
}

static void run_until(struct run *run, uint64_t end) {
  struct epoll_event events[64];
  for (uint64_t now; (now = now_ns()) < end && run->waiting;) {
    int pause = (int)((end - now) / 1000000u) + 1;
    int count = epoll_wait(run->epoll, events, 64, pause < 100 ? pause : 100);
    for (int i = 0; i < count; i++) receive(run, &run->readers[events[i].data.u32]);
    if (now > run->last_page && now - run->last_page > 30000000000u) fail("no page for 30 s");
  }
}

/* Half of them begin at the other end. */
static void begin(struct run *run, struct session *sessions, int count) {
  run->readers = calloc((size_t)count, sizeof *run->readers);
  if (!run->readers) fail("out of memory");
  run->epoll = epoll_create1(EPOLL_CLOEXEC);
  run->is_asking = true;
  run->last_page = now_ns();
  for (int i = 0; i < count; i++) {
    struct reader *reader = &run->readers[i];
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (unsigned)i};
    reader->session = &sessions[i];
    reader->is_forward = i % 2;
    if (!(reader->page.in = malloc(PAGE_ROOM))) fail("out of memory");
    if (epoll_ctl(run->epoll, EPOLL_CTL_ADD, sessions[i].link.fd, &event) < 0)
      fail("epoll: %s", strerror(errno));
    ask(run, reader);
  }
}

static void measure(struct run *run) {
  run_until(run, now_ns() + (uint64_t)(run->options.warmup * 1e9));
  tally_begin(&run->tally);
  run_until(run, run->tally.begun + (uint64_t)(run->options.seconds * 1e9));
  tally_end(&run->tally);
  say("{\"event\":\"read\",\"messages\":%lu}", run->messages);
  run->is_asking = false;
  run_until(run, now_ns() + 30000000000u);
}

int main(int argc, char **argv) {
  static struct run run;
  run.options = read_options(argc, argv);
  int count = run.options.accounts * run.options.per_account;
  end_after(run.options.deadline);
  prctl(PR_SET_TIMERSLACK, 1000);
  if (run.options.fills) {
    fill(&run.options);
    say("{\"event\":\"filled\"}");
    return 0;
  }
  struct session *sessions = calloc((size_t)count, sizeof *sessions);
  if (!sessions) fail("out of memory");
  sign_in(sessions, 0, count, &run.options);
  begin(&run, sessions, count);
  measure(&run);
  say("{\"event\":\"drained\"}");
  return 0;
}
