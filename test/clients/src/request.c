/*
 * Requests and their answers. One HTTP/1.0 request whose answer ends with the connection, or HTTP/1.1 requests for range
 * after range on a connection that stays, as a modem downloads firmware.
 */
#include "client.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { REQUEST_MAX = 4096, READ_MAX = 32768, HEAD_MAX = 4096 };

/* One answer as far as it has come; -1: the head does not say. */
struct answer {
  char head[HEAD_MAX + 1];
  size_t head_length;
  int head_done;
  int status;
  long content_length;
  long total; /* of Content-Range */
  long body;
};

static int save_file = -1;

static int format_request(char *to, const struct options *options, long first) {
  const char *host = options->sni == NULL ? options->host : options->sni;
  int length;
  if (options->ranges == 0) {
    const char *version = strstr(options->request, " HTTP/") == NULL ? " HTTP/1.0" : "";
    length = snprintf(to, REQUEST_MAX, "%s%s\r\nHost: %s\r\nConnection: close\r\n\r\n", options->request,
                      version, host);
  } else {
    length = snprintf(to, REQUEST_MAX, "%s HTTP/1.1\r\nHost: %s\r\nRange: bytes=%ld-%ld\r\n\r\n",
                      options->request, host, first, first + options->ranges - 1);
  }
  if (length >= REQUEST_MAX) refuse("--request is too long");
  return length;
}

static long send_request(const struct session *session, const struct options *options, long first) {
  char request[REQUEST_MAX];
  int length = format_request(request, options, first);
  return session->write(session->handle, (const unsigned char *)request, (size_t)length);
}

static void read_head(struct answer *answer) {
  char *line = answer->head;
  sscanf(line, "HTTP/%*s %d", &answer->status);
  while ((line = strchr(line, '\n')) != NULL) {
    line++;
    if (strncasecmp(line, "content-length:", 15) == 0) answer->content_length = atol(line + 15);
    if (strncasecmp(line, "content-range:", 14) == 0) {
      char *slash = strchr(line, '/');
      if (slash != NULL) answer->total = atol(slash + 1);
    }
  }
}

static void save(const unsigned char *bytes, size_t length) {
  while (save_file >= 0 && length > 0) {
    ssize_t put = write(save_file, bytes, length);
    if (put <= 0) refuse("--save: cannot be written");
    bytes += put;
    length -= (size_t)put;
  }
}

/* The bytes up to the empty line are the head. */
static void take(struct answer *answer, const unsigned char *bytes, size_t length) {
  while (!answer->head_done && length > 0) {
    if (answer->head_length == HEAD_MAX) return;
    answer->head[answer->head_length++] = (char)*bytes++;
    length--;
    if (answer->head_length >= 4 && memcmp(answer->head + answer->head_length - 4, "\r\n\r\n", 4) == 0) {
      answer->head[answer->head_length] = 0;
      answer->head_done = 1;
      read_head(answer);
    }
  }
  answer->body += (long)length;
  save(bytes, length);
}

static int complete(const struct answer *answer) {
  return answer->head_done && answer->content_length >= 0 && answer->body >= answer->content_length;
}

/* Reads until the answer is complete, or where that is not known until the connection ends. 0: all is well. */
static long read_answer(const struct session *session, struct answer *answer, int until_end,
                        struct outcome *outcome) {
  static unsigned char bytes[READ_MAX];
  size_t got;
  long code = 0;
  while (until_end || !complete(answer)) {
    got = session->read(session->handle, bytes, sizeof bytes, &code);
    if (got == 0) break;
    outcome->data_bytes += (long)got;
    if ((long)got > outcome->largest_read) outcome->largest_read = (long)got;
    take(answer, bytes, got);
  }
  if (!until_end && complete(answer)) return 0;
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

static long exchange_ranges(const struct session *session, const struct options *options,
                            struct outcome *outcome) {
  static struct answer answer;
  long first = 0, code;
  do {
    memset(&answer, 0, sizeof answer);
    answer.content_length = answer.total = -1;
    code = send_request(session, options, first);
    if (code == 0) code = read_answer(session, &answer, 0, outcome);
    if (code != 0) return code;
    if (!complete(&answer) || answer.status != 206) return 0;
    first += answer.body;
  } while (first < answer.total && answer.body > 0);
  return 0;
}

long exchange(const struct session *session, const struct options *options, struct outcome *outcome) {
  static struct answer answer = {.content_length = -1, .total = -1};
  long code;
  if (options->save != NULL) {
    save_file = open(options->save, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (save_file < 0) refuse("--save %s: cannot be opened", options->save);
  }
  if (options->ranges != 0) return exchange_ranges(session, options, outcome);
  code = send_request(session, options, 0);
  return code != 0 ? code : read_answer(session, &answer, 1, outcome);
}
