/* Whole TLS handshakes one after the other, each closed cleanly: handshakes PORT 1.2|1.3 SECONDS. Prints how many. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static int handshake(SSL_CTX *context, int port) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  char rest[4096];
  int one = 1, good = 0, fd = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0) {
    SSL *ssl = SSL_new(context);
    SSL_set_fd(ssl, fd);
    good = SSL_connect(ssl) == 1;
    SSL_shutdown(ssl);
    while (SSL_read(ssl, rest, sizeof rest) > 0) continue;
    SSL_free(ssl);
  }
  close(fd);
  return good;
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  int is13 = strcmp(argv[2], "1.3") == 0, made = 0;
  double end = now() + atof(argv[3]);
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_min_proto_version(context, is13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_max_proto_version(context, is13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, "ECDHE-ECDSA-AES128-GCM-SHA256");
  SSL_CTX_set1_groups_list(context, "P-256");
  while (now() < end) made += handshake(context, atoi(argv[1]));
  printf("%d\n", made);
  return 0;
}
