#define _GNU_SOURCE
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char usage[] =
    "usage: %s --port N [options]\n"
    "  --host 127.0.0.1  --domain localhost  --prefix bench  --password secret\n"
    "  --sources 1 (addresses to connect from)  --parallel 32 (sign-ins at a time)\n"
    "  --deadline 300 (seconds)  --tls (STARTTLS)  --websocket  --no-presence\n"
    "chat: --pairs 100  --outstanding 10  --body 120  --rate 0 (messages/s; 0: closed loop)\n"
    "      --warmup 5  --seconds 10  --to-full (address full JIDs)\n"
    "      --join-writes (messages released together leave in one write)\n"
    "presence: --users 200  --outstanding 10  --warmup 5  --seconds 10\n"
    "login: --accounts 2000  --first 0  --mechanism PLAIN|SCRAM-SHA-1|SCRAM-SHA-256|FAST\n"
    "       --warmup 5  --seconds 10  --rate 0 (logins/s; 0: as fast as --parallel allows)\n"
    "       --tickets (take up earlier TLS sessions)\n"
    "archive: --archived 20000 (messages of each account)  --per-account 1 (sessions)  --fill\n"
    "reload: --users 200  --warmup 5  --seconds 10\n"
    "resume: --users 200  --missed 5  --parallel 32  --rate 0 (a second)  --warmup 5  --seconds 10\n"
    "mixed: --users 200  --rate 0 (actions/s)  --settle 1  --warmup 5  --seconds 10  --archive\n"
    "idle: --stages 1000,5000  --hold 10 (seconds at each stage)\n";

static const struct option long_options[] = {
    {"host", required_argument, 0, 'h'},        {"port", required_argument, 0, 'p'},
    {"domain", required_argument, 0, 'd'},      {"prefix", required_argument, 0, 'u'},
    {"password", required_argument, 0, 'w'},    {"sources", required_argument, 0, 'a'},
    {"parallel", required_argument, 0, 'l'},    {"deadline", required_argument, 0, 'D'},
    {"tls", no_argument, 0, 't'},               {"no-presence", no_argument, 0, 'n'},
    {"pairs", required_argument, 0, 'P'},       {"outstanding", required_argument, 0, 'o'},
    {"body", required_argument, 0, 'b'},        {"rate", required_argument, 0, 'r'},
    {"warmup", required_argument, 0, 'W'},      {"seconds", required_argument, 0, 's'},
    {"to-full", no_argument, 0, 'f'},           {"join-writes", no_argument, 0, 'j'},
    {"stages", required_argument, 0, 'S'},      {"hold", required_argument, 0, 'H'},
    {"users", required_argument, 0, 'N'},       {"accounts", required_argument, 0, 'A'},
    {"first", required_argument, 0, 'F'},       {"mechanism", required_argument, 0, 'm'},
    {"settle", required_argument, 0, 'T'},      {"websocket", no_argument, 0, 'B'},
    {"archived", required_argument, 0, 'C'},    {"per-account", required_argument, 0, 'R'},
    {"fill", no_argument, 0, 'i'},              {"archive", no_argument, 0, 'c'},
    {"tickets", no_argument, 0, 'k'},           {"missed", required_argument, 0, 'M'},
    {0, 0, 0, 0}};

static void refuse(const char *program, const char *why) {
  fprintf(stderr, "%s\n", why);
  fprintf(stderr, usage, program);
  exit(2);
}

static void read_option(struct options *options, int letter, char **argv) {
  switch (letter) {
    case 'h': options->host = optarg; break;
    case 'p': options->port = atoi(optarg); break;
    case 'd': options->domain = optarg; break;
    case 'u': options->prefix = optarg; break;
    case 'w': options->password = optarg; break;
    case 'a': options->sources = atoi(optarg); break;
    case 'l': options->parallel = atoi(optarg); break;
    case 'D': options->deadline = (unsigned)atoi(optarg); break;
    case 't': options->with_tls = true; break;
    case 'B': options->with_websocket = true; break;
    case 'n': options->without_presence = true; break;
    case 'P': options->pairs = atoi(optarg); break;
    case 'o': options->outstanding = atoi(optarg); break;
    case 'b': options->body = atoi(optarg); break;
    case 'r': options->rate = atof(optarg); break;
    case 'W': options->warmup = atof(optarg); break;
    case 's': options->seconds = atof(optarg); break;
    case 'f': options->to_full = true; break;
    case 'j': options->joins_writes = true; break;
    case 'N': options->users = atoi(optarg); break;
    case 'A': options->accounts = atoi(optarg); break;
    case 'F': options->first = atoi(optarg); break;
    case 'm': options->mechanism_name = optarg; break;
    case 'M': options->missed = atoi(optarg); break;
    case 'c': options->with_archive = true; break;
    case 'k': options->with_tickets = true; break;
    case 'T': options->settle = atof(optarg); break;
    case 'S': options->stages = optarg; break;
    case 'C': options->archived = atoi(optarg); break;
    case 'R': options->per_account = atoi(optarg); break;
    case 'i': options->fills = true; break;
    case 'H': options->hold = atof(optarg); break;
    default: refuse(argv[0], "unknown option");
  }
}

static void check(const struct options *options, const char *program) {
  if (options->port < 1 || options->port > 65535) refuse(program, "--port is missing or wrong");
  if (options->pairs < 1 || options->outstanding < 1) refuse(program, "nothing to send");
  if (options->users < 2 || options->users > 60000) refuse(program, "--users wants 2 to 60000");
  if (options->missed < 0 || options->missed > 100) refuse(program, "--missed wants 0 to 100");
  if (options->body < 32 || options->body > 8000) refuse(program, "--body wants 32 to 8000");
  if (options->sources < 1 || options->sources > 250) refuse(program, "--sources wants 1 to 250");
  if (options->with_tls && options->with_websocket) refuse(program, "--tls is not for --websocket");
  if (options->parallel < 1) refuse(program, "--parallel wants at least 1");
  if (options->accounts < 1 || options->first < 0) refuse(program, "nobody to sign in");
  if (options->seconds <= 0 || options->warmup < 0 || options->settle < 0)
    refuse(program, "no time to measure");
  if (options->archived < 1 || options->per_account < 1) refuse(program, "no archive to read");
  if (options->deadline < 1) refuse(program, "--deadline wants at least 1");
}

struct options read_options(int argc, char **argv) {
  struct options options = {.host = "127.0.0.1", .domain = "localhost", .prefix = "bench",
                            .password = "secret", .sources = 1, .parallel = 32, .deadline = 300,
                            .pairs = 100, .outstanding = 10, .body = 120, .users = 200, .warmup = 5,
                            .settle = 1, .seconds = 10, .accounts = 2000, .archived = 20000,
                            .per_account = 1,
                            .mechanism_name = "PLAIN", .mechanism = &plain,
                            .missed = 5, .stages = "1000,5000", .hold = 10};
  int letter;
  while ((letter = getopt_long(argc, argv, "", long_options, 0)) != -1)
    read_option(&options, letter, argv);
  check(&options, argv[0]);
  /* Without presence a bare address has nobody behind it. */
  if (options.without_presence) options.to_full = true;
  return options;
}
