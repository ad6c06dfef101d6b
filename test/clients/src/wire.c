/* The TCP side, and a tap that reads what the records tell in the clear. */
#include "client.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* Of records, of handshake messages, of extensions. */
enum { ALERT = 21, HANDSHAKE = 22 };
enum { CLIENT_HELLO = 1, SERVER_HELLO = 2 };
enum { MAX_FRAGMENT_LENGTH = 1, SUPPORTED_VERSIONS = 43 };
enum { KEPT = 1024, SILENCE_SECONDS = 10 };

/* One direction: the record that is under way and the start of its payload. */
struct flow {
  unsigned char header[5];
  size_t header_got;
  size_t length;
  size_t got;
  unsigned char kept[KEPT];
  int hello_read;
};

static int socket_fd = -1;
static int at_end;
static struct flow incoming, outgoing;
static struct wire facts = {.alert_received = -1, .alert_sent = -1};

static size_t be16(const unsigned char *at) { return (size_t)at[0] << 8 | at[1]; }

/* Walks the extensions of a hello from its session id on; `client` tells which of the two hellos it is. */
static void read_hello(const unsigned char *body, size_t length, int client) {
  size_t at = 34, end;
  if (length < 35) return;
  at += 1 + body[34];
  if (client) {
    if (at + 2 > length) return;
    at += 2 + be16(body + at);
    if (at + 1 > length) return;
    at += 1 + body[at];
  } else {
    if (at + 3 > length) return;
    facts.version = (int)be16(body);
    facts.suite = (int)be16(body + at);
    at += 3;
  }
  if (at + 2 > length) return;
  end = at + 2 + be16(body + at);
  if (end > length) end = length;
  for (at += 2; at + 4 <= end; at += 4 + be16(body + at + 2)) {
    size_t kind = be16(body + at), size = be16(body + at + 2);
    if (at + 4 + size > end) return;
    if (client && kind == MAX_FRAGMENT_LENGTH && size == 1) facts.mfl_sent = 256 << body[at + 4];
    if (!client && kind == SUPPORTED_VERSIONS && size == 2) facts.version = (int)be16(body + at + 4);
  }
}

static void read_record(struct flow *flow) {
  int in = flow == &incoming;
  size_t kept = flow->length < KEPT ? flow->length : KEPT;
  if (in) {
    facts.records++;
    if ((long)flow->length > facts.largest_record) facts.largest_record = (long)flow->length;
  }
  /* An encrypted alert is longer than two bytes. */
  if (flow->header[0] == ALERT && flow->length == 2) {
    *(in ? &facts.alert_received : &facts.alert_sent) = flow->kept[1];
  }
  /* A HelloRetryRequest has the shape of a ServerHello and names the same suite and version. */
  if (flow->header[0] == HANDSHAKE && kept > 4) {
    if (flow->kept[0] == (in ? SERVER_HELLO : CLIENT_HELLO) && !flow->hello_read++) {
      read_hello(flow->kept + 4, kept - 4, !in);
    }
  }
}

static void tap(struct flow *flow, const unsigned char *bytes, size_t length) {
  while (length > 0) {
    size_t part;
    if (flow->header_got < sizeof flow->header) {
      flow->header[flow->header_got++] = *bytes++;
      length--;
      if (flow->header_got < sizeof flow->header) continue;
      flow->length = be16(flow->header + 3);
      flow->got = 0;
    }
    part = flow->length - flow->got;
    if (part > length) part = length;
    if (flow->got < KEPT) {
      memcpy(flow->kept + flow->got, bytes, part < KEPT - flow->got ? part : KEPT - flow->got);
    }
    flow->got += part;
    bytes += part;
    length -= part;
    if (flow->got == flow->length) {
      read_record(flow);
      flow->header_got = 0;
    }
  }
}

int wire_connect(const char *host, const char *port) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found, *one;
  struct timeval silence = {.tv_sec = SILENCE_SECONDS};
  if (getaddrinfo(host, port, &hints, &found) != 0) return -1;
  for (one = found; one != NULL && socket_fd < 0; one = one->ai_next) {
    int fd = socket(one->ai_family, one->ai_socktype, one->ai_protocol);
    if (fd < 0) continue;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof silence);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &silence, sizeof silence);
    if (connect(fd, one->ai_addr, one->ai_addrlen) == 0) socket_fd = fd;
    else close(fd);
  }
  freeaddrinfo(found);
  return socket_fd < 0 ? -1 : 0;
}

long wire_read(void *to, size_t length) {
  ssize_t got;
  do got = recv(socket_fd, to, length, 0);
  while (got < 0 && errno == EINTR);
  if (got == 0 || (got < 0 && errno == ECONNRESET)) at_end = 1;
  if (got > 0) {
    facts.received += got;
    tap(&incoming, to, (size_t)got);
  }
  return got;
}

long wire_write(const void *from, size_t length) {
  ssize_t put;
  do put = send(socket_fd, from, length, MSG_NOSIGNAL);
  while (put < 0 && errno == EINTR);
  if (put > 0) {
    facts.sent += put;
    tap(&outgoing, from, (size_t)put);
  }
  return put;
}

int wire_at_end(void) { return at_end; }

void wire_close(void) { close(socket_fd); }

void wire_handshake_done(void) { facts.handshake_received = facts.received; }

const struct wire *wire_facts(void) { return &facts; }
