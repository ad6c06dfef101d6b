/* One line of JSON on standard output. */
#include "client.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#ifndef CLIENT_BUILD
#define CLIENT_BUILD "unnamed"
#endif

void end_at(struct outcome *outcome, const char *stage, const char *format, ...) {
  va_list values;
  outcome->stage = stage;
  outcome->ok = 0;
  va_start(values, format);
  vsnprintf(outcome->code, sizeof outcome->code, format, values);
  va_end(values);
}

void succeed(struct outcome *outcome) {
  end_at(outcome, "done", "0");
  outcome->ok = 1;
}

void refuse(const char *format, ...) {
  va_list values;
  va_start(values, format);
  vfprintf(stderr, format, values);
  va_end(values);
  fputc('\n', stderr);
  exit(2);
}

/* Files lie outside the heap that is counted: a device has them in flash. */
unsigned char *read_file(const char *path, size_t *length) {
  static unsigned char arena[4 << 20];
  static size_t taken;
  unsigned char *bytes = arena + taken;
  size_t room = sizeof arena - taken - 1, held = 0;
  int file = open(path, O_RDONLY);
  ssize_t got = -1;
  while (file >= 0 && held < room && (got = read(file, bytes + held, room - held)) > 0) held += (size_t)got;
  if (got != 0) refuse("%s: cannot be read", path);
  close(file);
  bytes[held] = 0;
  taken += (held + 16) & ~(size_t)15;
  *length = held;
  return bytes;
}

static void print_text(const char *text) {
  putchar('"');
  for (; *text != 0; text++) {
    if (*text == '"' || *text == '\\') putchar('\\');
    putchar((unsigned char)*text < 0x20 ? ' ' : *text);
  }
  putchar('"');
}

static void print_member(const char *key, const char *text) {
  printf("\"%s\":", key);
  if (text == NULL || *text == 0) printf("null");
  else print_text(text);
  putchar(',');
}

static void print_count(const char *key, long value, int known) {
  if (known) printf("\"%s\":%ld,", key, value);
  else printf("\"%s\":null,", key);
}

static const char *version_name(int version) {
  switch (version) {
    case TLS_1_0: return "TLSv1.0";
    case TLS_1_1: return "TLSv1.1";
    case TLS_1_2: return "TLSv1.2";
    case TLS_1_3: return "TLSv1.3";
    default: return NULL;
  }
}

void print_line(const struct options *options, const struct outcome *outcome) {
  const struct wire *wire = wire_facts();
  int received = outcome->alert_received < 0 ? wire->alert_received : outcome->alert_received;
  int sent = outcome->alert_sent < 0 ? wire->alert_sent : outcome->alert_sent;
  putchar('{');
  print_member("stack", stack.name);
  print_member("version", stack.version());
  print_member("build", CLIENT_BUILD);
  print_member("stage", outcome->stage);
  printf("\"ok\":%s,", outcome->ok ? "true" : "false");
  print_member("code", outcome->code);
  print_member("flags", outcome->flags);
  print_count("alertReceived", received, received >= 0);
  print_count("alertSent", sent, sent >= 0);
  print_member("tlsVersion", version_name(wire->version));
  print_member("suite", outcome->suite);
  print_count("suiteCode", wire->suite, wire->suite != 0);
  print_count("maxFragmentLengthSent", wire->mfl_sent, wire->mfl_sent != 0);
  print_member("ended", outcome->ended);
  printf("\"sizes\":{\"records\":%ld,\"largestRecord\":%ld,", wire->records, wire->largest_record);
  printf("\"bytesRead\":%ld,\"bytesWritten\":%ld,", wire->received, wire->sent);
  print_count("handshakeBytesRead", wire->handshake_received, wire->handshake_received != 0);
  print_count("appDataBytes", outcome->data_bytes, options->request != NULL);
  printf("\"appDataLargestRead\":%ld},", outcome->largest_read);
  printf("\"peakHeap\":%ld}\n", outcome->peak_heap);
}
