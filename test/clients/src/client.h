/* What the clients share: the command line, the TCP side with a tap on its records, the heap count, JSON. */
#ifndef TLSFIT_CLIENT_H
#define TLSFIT_CLIENT_H

#include <stddef.h>
#include <stdint.h>

enum version { TLS_ANY = 0, TLS_1_0 = 0x0301, TLS_1_1 = 0x0302, TLS_1_2 = 0x0303, TLS_1_3 = 0x0304 };

/* Flags that not every library can serve; a stack lists those it can. */
enum ability { CAN_MFL = 1, CAN_BUFFER = 2, CAN_TLS_1_3 = 4 };

struct options {
  const char *host;
  const char *port;
  const char *sni;  /* NULL: no server_name */
  const char *name; /* NULL: the name is not verified */
  const char *anchors;
  int verify; /* 0: any certificate is taken */
  long mfl;
  long buffer;
  int min_version;
  int max_version;
  const char *suites;
  const char *request;
  long ranges; /* bytes of each range asked for on one connection; 0: one request for the whole */
  const char *save;
  const char *client_cert;
  const char *client_key;
};

struct outcome {
  const char *stage; /* setup, tcp, handshake, verify, data or done: where it ended */
  int ok;
  char code[96];  /* as the library writes it */
  char flags[96]; /* the verify result as the library writes it; empty where there is none */
  int alert_received;
  int alert_sent;
  char suite[64];
  long peak_heap;
  long data_bytes;
  long largest_read;
  const char *ended; /* how the answer ended: close_notify, eof */
};

struct stack {
  const char *name;
  unsigned abilities;
  const char *(*version)(void);
  void (*run)(const struct options *options, struct outcome *outcome);
};

/* Each client defines its own. */
extern const struct stack stack;

/* -- wire.c: 0 at the end of the stream, -1 on an error or when the time is out -- */
int wire_connect(const char *host, const char *port);
long wire_read(void *to, size_t length);
long wire_write(const void *from, size_t length);
int wire_at_end(void);
void wire_close(void);
/* Everything that has come in by now belongs to the handshake. */
void wire_handshake_done(void);

struct wire {
  long received;
  long sent;
  long handshake_received;
  long records;        /* received */
  long largest_record; /* received, payload with what encryption adds */
  int alert_received;  /* only those in the clear; -1: none */
  int alert_sent;
  int mfl_sent; /* bytes asked for by the ClientHello; 0: not asked */
  int version;  /* of the ServerHello; 0: none came */
  int suite;
};
const struct wire *wire_facts(void);

/* -- heap.c: bytes that malloc holds -- */
void heap_start(void);
long heap_peak(void);

/* -- outcome.c -- */
void end_at(struct outcome *outcome, const char *stage, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void succeed(struct outcome *outcome);
void print_line(const struct options *options, const struct outcome *outcome);
/* Ends the program with status 2: a caller's mistake, no line is printed. */
void refuse(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
/* Whole file; a zero byte follows it. Calls refuse() when it cannot be read. */
unsigned char *read_file(const char *path, size_t *length);

/* -- request.c -- */
struct session {
  void *handle;
  /* Bytes read; 0: none, and then `code` is the library's own, or 0 when close_notify came. */
  size_t (*read)(void *handle, unsigned char *to, size_t length, long *code);
  /* 0: all was written; else the library's code. */
  long (*write)(void *handle, const unsigned char *from, size_t length);
};
/*
 * Returns 0, or the library's code, having sent options->request and read the answer to its end; with options->ranges as
 * many requests as the file takes. What the answers hold behind their heads goes to the file options->save.
 */
long exchange(const struct session *session, const struct options *options, struct outcome *outcome);

#endif
