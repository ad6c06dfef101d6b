/* The command line, the same for each client. What a library cannot do is refused, never ignored. */
#include "client.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static time_t set_time;

/* The libraries call this one in place of the C library's, also from within their shared objects. */
time_t time(time_t *to) {
  struct timespec now;
  time_t seconds = set_time;
  if (seconds == 0) {
    clock_gettime(CLOCK_REALTIME, &now);
    seconds = now.tv_sec;
  }
  if (to != NULL) *to = seconds;
  return seconds;
}

static const struct option long_options[] = {
    {"connect", required_argument, NULL, 'c'},     {"sni", required_argument, NULL, 's'},
    {"name", required_argument, NULL, 'n'},        {"anchors", required_argument, NULL, 'a'},
    {"verify", required_argument, NULL, 'v'},      {"mfl", required_argument, NULL, 'm'},
    {"buffer", required_argument, NULL, 'b'},      {"max-version", required_argument, NULL, 'X'},
    {"min-version", required_argument, NULL, 'N'}, {"suites", required_argument, NULL, 'S'},
    {"request", required_argument, NULL, 'r'},     {"time", required_argument, NULL, 't'},
    {"ranges", required_argument, NULL, 'R'},      {"save", required_argument, NULL, 'w'},
    {"client-cert", required_argument, NULL, 'C'}, {"client-key", required_argument, NULL, 'K'},
    {"version", no_argument, NULL, 'V'},           {NULL, 0, NULL, 0},
};

static const char *unless_none(const char *text) { return strcmp(text, "none") == 0 ? NULL : text; }

static long number(const char *flag, const char *text) {
  char *end;
  long value = strtol(text, &end, 10);
  if (*text == 0 || *end != 0 || value <= 0) refuse("--%s %s: a number above 0 is wanted", flag, text);
  return value;
}

static int version_of(const char *text) {
  if (strcmp(text, "1.0") == 0) return TLS_1_0;
  if (strcmp(text, "1.1") == 0) return TLS_1_1;
  if (strcmp(text, "1.2") == 0) return TLS_1_2;
  if (strcmp(text, "1.3") == 0) return TLS_1_3;
  refuse("version %s: 1.0, 1.1, 1.2 or 1.3 is wanted", text);
}

static int verify_of(const char *text) {
  if (strcmp(text, "full") == 0) return 1;
  if (strcmp(text, "none") == 0) return 0;
  refuse("--verify %s: full or none is wanted", text);
}

static void split_endpoint(char *endpoint, struct options *options) {
  char *colon = strrchr(endpoint, ':');
  if (colon == NULL) refuse("--connect %s: HOST:PORT is wanted", endpoint);
  *colon = 0;
  options->host = endpoint;
  options->port = colon + 1;
}

static struct options parse(int argc, char **argv) {
  struct options options = {.verify = 1};
  const char *sni = NULL, *name = NULL;
  int flag;
  while ((flag = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
    switch (flag) {
      case 'c': split_endpoint(optarg, &options); break;
      case 's': sni = optarg; break;
      case 'n': name = optarg; break;
      case 'a': options.anchors = optarg; break;
      case 'v': options.verify = verify_of(optarg); break;
      case 'm': options.mfl = number("mfl", optarg); break;
      case 'b': options.buffer = number("buffer", optarg); break;
      case 'X': options.max_version = version_of(optarg); break;
      case 'N': options.min_version = version_of(optarg); break;
      case 'S': options.suites = optarg; break;
      case 'r': options.request = optarg; break;
      case 'R': options.ranges = number("ranges", optarg); break;
      case 'w': options.save = optarg; break;
      case 't': set_time = number("time", optarg); break;
      case 'C': options.client_cert = optarg; break;
      case 'K': options.client_key = optarg; break;
      case 'V':
        printf("%s %s\n", stack.name, stack.version());
        exit(0);
      default: refuse("see test/clients/README.md");
    }
  }
  if (optind < argc) refuse("%s: not a flag", argv[optind]);
  if (options.host == NULL || sni == NULL) refuse("--connect HOST:PORT and --sni NAME|none are needed");
  options.sni = unless_none(sni);
  options.name = name == NULL ? options.sni : unless_none(name);
  return options;
}

static void refuse_unable(const struct options *options) {
  if (options->mfl != 0 && !(stack.abilities & CAN_MFL)) refuse("%s: --mfl cannot be set", stack.name);
  if (options->buffer != 0 && !(stack.abilities & CAN_BUFFER)) {
    refuse("%s: --buffer cannot be set", stack.name);
  }
  if (options->min_version == TLS_1_3 && !(stack.abilities & CAN_TLS_1_3)) {
    refuse("%s: has no TLS 1.3", stack.name);
  }
  if (options->verify && options->anchors == NULL) refuse("--verify full needs --anchors");
  if ((options->ranges != 0 || options->save != NULL) && options->request == NULL) {
    refuse("--ranges and --save need --request");
  }
  if ((options->client_cert == NULL) != (options->client_key == NULL)) {
    refuse("--client-cert and --client-key belong together");
  }
}

int main(int argc, char **argv) {
  struct options options = parse(argc, argv);
  struct outcome outcome = {.stage = "tcp", .alert_received = -1, .alert_sent = -1, .peak_heap = -1};
  refuse_unable(&options);
  if (wire_connect(options.host, options.port) == 0) {
    heap_start();
    stack.run(&options, &outcome);
    if (outcome.peak_heap < 0) outcome.peak_heap = heap_peak();
    wire_close();
  } else {
    end_at(&outcome, "tcp", "connect");
  }
  print_line(&options, &outcome);
  return 0;
}
