/*
 * Load for a TLS server over HTTP/1.1: load MODE HOST:PORT PATH SECONDS CONNECTIONS FILE_BYTES
 *
 *   ranges      2,048 bytes after each other, keep-alive
 *   whole       the file, keep-alive
 *   handshakes  a new connection for each, nothing resumed, TLS 1.2
 *   idle        CONNECTIONS connections with one range each, held until the end of standard input
 *
 * Each connection is a thread that blocks: more threads than the server has cores keep it busy. Prints one line of JSON.
 */
#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { RANGE_BYTES = 2048, BUFFER = 65536 };

static struct sockaddr_in server;
static const char *path;
static long file_bytes;
static double end_at;
static SSL_CTX *context;

struct worker {
  pthread_t thread;
  void (*run)(struct worker *);
  long requests;
  long bytes;
  long errors;
};

static double now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static SSL *dial(void) {
  int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
  SSL *ssl = SSL_new(context);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (connect(fd, (struct sockaddr *)&server, sizeof server) == 0) {
    SSL_set_fd(ssl, fd);
    SSL_set_tlsext_host_name(ssl, "fota.fleet.test");
    if (SSL_connect(ssl) == 1) return ssl;
  }
  SSL_free(ssl);
  close(fd);
  return NULL;
}

static void hang_up(SSL *ssl) {
  int fd = SSL_get_fd(ssl);
  /* With close_notify, as devices do. Linux takes ports in TIME_WAIT again on loopback. */
  SSL_shutdown(ssl);
  SSL_free(ssl);
  close(fd);
}

/* Body bytes of the answer; -1: it was not what was asked for. */
static long ask(SSL *ssl, long first, long wanted) {
  static _Thread_local char buffer[BUFFER + 1];
  char request[512], *end = NULL;
  long body = 0, length;
  int got = 0, part, size;
  if (wanted == file_bytes) {
    size = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: fota.fleet.test\r\n\r\n", path);
  } else {
    size = snprintf(request, sizeof request,
                    "GET %s HTTP/1.1\r\nHost: fota.fleet.test\r\nRange: bytes=%ld-%ld\r\n\r\n", path, first,
                    first + wanted - 1);
  }
  if (SSL_write(ssl, request, size) != size) return -1;
  while (end == NULL) {
    if (got == BUFFER || (part = SSL_read(ssl, buffer + got, BUFFER - got)) <= 0) return -1;
    got += part;
    buffer[got] = 0;
    end = strstr(buffer, "\r\n\r\n");
  }
  if (strncmp(buffer, wanted == file_bytes ? "HTTP/1.1 200" : "HTTP/1.1 206", 12) != 0) return -1;
  length = -1;
  for (char *line = buffer; line < end; line = strchr(line, '\n') + 1) {
    if (strncasecmp(line, "content-length:", 15) == 0) length = atol(line + 15);
  }
  if (length != wanted) return -1;
  body = got - (end + 4 - buffer);
  while (body < length) {
    if ((part = SSL_read(ssl, buffer, BUFFER)) <= 0) return -1;
    body += part;
  }
  return body == length ? body : -1;
}

static void run_requests(struct worker *worker, long wanted) {
  SSL *ssl = dial();
  long first = 0;
  while (ssl != NULL && now() < end_at) {
    long got = ask(ssl, first, wanted);
    if (got < 0) {
      worker->errors++;
      break;
    }
    worker->requests++;
    worker->bytes += got;
    first += wanted;
    if (first + wanted > file_bytes) first = 0;
  }
  if (ssl == NULL) worker->errors++;
  else hang_up(ssl);
}

static void run_ranges(struct worker *worker) { run_requests(worker, RANGE_BYTES); }

static void run_whole(struct worker *worker) { run_requests(worker, file_bytes); }

static void run_handshakes(struct worker *worker) {
  while (now() < end_at) {
    SSL *ssl = dial();
    if (ssl == NULL) {
      worker->errors++;
      continue;
    }
    worker->requests++;
    hang_up(ssl);
  }
}

static void *start(void *given) {
  struct worker *worker = given;
  worker->run(worker);
  return NULL;
}

static void print(long requests, long bytes, long errors, double seconds) {
  printf("{\"requests\":%ld,\"bytes\":%ld,\"errors\":%ld,\"seconds\":%.3f}\n", requests, bytes, errors, seconds);
  fflush(stdout);
}

/* The state of TLS is not needed any more: only the sockets stay open. */
static void hold(long connections) {
  long open = 0, errors = 0;
  double began = now();
  while (open + errors < connections) {
    SSL *ssl = dial();
    if (ssl == NULL || ask(ssl, 0, RANGE_BYTES) < 0) errors++;
    else open++;
    if (ssl != NULL) {
      SSL_set_quiet_shutdown(ssl, 1);
      BIO_set_close(SSL_get_rbio(ssl), BIO_NOCLOSE);
      SSL_free(ssl);
    }
  }
  print(open, open * RANGE_BYTES, errors, now() - began);
  while (getchar() != EOF) {
  }
}

int main(int argc, char **argv) {
  void (*run)(struct worker *) = NULL;
  long connections, requests = 0, bytes = 0, errors = 0;
  double began, seconds;
  struct worker *workers;
  char *colon;
  if (argc != 7 || (colon = strrchr(argv[2], ':')) == NULL) {
    fprintf(stderr, "load MODE HOST:PORT PATH SECONDS CONNECTIONS FILE_BYTES\n");
    return 2;
  }
  *colon = 0;
  server.sin_family = AF_INET;
  server.sin_port = htons((unsigned short)atoi(colon + 1));
  inet_pton(AF_INET, argv[2], &server.sin_addr);
  path = argv[3];
  seconds = atof(argv[4]);
  connections = atol(argv[5]);
  file_bytes = atol(argv[6]);
  context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_cipher_list(context, "ECDHE-ECDSA-AES128-GCM-SHA256");
  SSL_CTX_set1_groups_list(context, "P-256");
  if (strcmp(argv[1], "idle") == 0) {
    hold(connections);
    return 0;
  }
  if (strcmp(argv[1], "ranges") == 0) run = run_ranges;
  if (strcmp(argv[1], "whole") == 0) run = run_whole;
  if (strcmp(argv[1], "handshakes") == 0) run = run_handshakes;
  if (run == NULL) return 2;
  workers = calloc((size_t)connections, sizeof *workers);
  began = now();
  end_at = began + seconds;
  for (long at = 0; at < connections; at++) {
    workers[at].run = run;
    pthread_create(&workers[at].thread, NULL, start, &workers[at]);
  }
  for (long at = 0; at < connections; at++) {
    pthread_join(workers[at].thread, NULL);
    requests += workers[at].requests;
    bytes += workers[at].bytes;
    errors += workers[at].errors;
  }
  print(requests, bytes, errors, now() - began);
  return 0;
}
