/* One HTTP/1.0 request and its answer, whose body is counted and thrown away. */
#include "client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REQUEST_MAX = 4096, READ_MAX = 32768 };

static int format_request(char *to, const struct options *options) {
  const char *version = strstr(options->request, " HTTP/") == NULL ? " HTTP/1.0" : "";
  const char *host = options->sni == NULL ? options->host : options->sni;
  int length = snprintf(to, REQUEST_MAX, "%s%s\r\nHost: %s\r\nConnection: close\r\n\r\n", options->request,
                        version, host);
  if (length >= REQUEST_MAX) refuse("--request is too long");
  return length;
}

long exchange(const struct session *session, const struct options *options, struct outcome *outcome) {
  static unsigned char answer[READ_MAX];
  char request[REQUEST_MAX];
  int length = format_request(request, options);
  long code = session->write(session->handle, (const unsigned char *)request, (size_t)length);
  size_t got;
  if (code != 0) return code;
  while ((got = session->read(session->handle, answer, sizeof answer, &code)) > 0) {
    outcome->data_bytes += (long)got;
    if ((long)got > outcome->largest_read) outcome->largest_read = (long)got;
  }
  if (code == 0) {
    outcome->ended = "close_notify";
    return 0;
  }
  /* A server that closes without close_notify ends an HTTP/1.0 answer too. */
  if (wire_at_end() && outcome->data_bytes > 0) {
    outcome->ended = "eof";
    return 0;
  }
  return code;
}
