/* Command line of the generators; each uses the options that concern it. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>

struct options {
  const char *host;
  const char *domain;
  const char *prefix;   /* accounts are <prefix>0, <prefix>1, ... */
  const char *password;
  int port;
  int sources;          /* connect from 127.0.0.1 to 127.0.0.<sources> */
  int parallel;         /* sign-ins under way at a time */
  unsigned deadline;    /* seconds until the process ends itself */
  bool with_tls;        /* STARTTLS first */
  bool without_presence;
  bool until_bound;     /* not from the command line: see sign_in */
  /* chat */
  int pairs;
  int outstanding;      /* messages on the way per pair; presence: updates on the way */
  int body;             /* bytes */
  double rate;          /* messages per second over all pairs; 0: as fast as arrivals allow */
  double warmup;        /* seconds */
  double seconds;       /* measured */
  bool to_full;         /* address the receiver's full JID */
  bool joins_writes;    /* messages released in one turn leave in one write */
  /* presence */
  int users;            /* all subscribed to each other */
  /* idle */
  const char *stages;   /* numbers of open sessions to stop at, ascending: "1000,5000" */
  double hold;          /* seconds to stay at each stage */
};

/* Ends the process with status 2 and a usage text when the arguments make no sense. */
struct options read_options(int argc, char **argv);

#endif
