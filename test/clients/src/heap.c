/* Counts what malloc holds, in the shared libraries too: glibc lets a program replace malloc. */
#include "client.h"

#include <errno.h>
#include <malloc.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *block);

static long held, peak, before;

static void *grown(void *block) {
  if (block != NULL) held += (long)malloc_usable_size(block);
  if (held > peak) peak = held;
  return block;
}

void *malloc(size_t size) { return grown(__libc_malloc(size)); }

void *calloc(size_t count, size_t size) { return grown(__libc_calloc(count, size)); }

void *realloc(void *old, size_t size) {
  size_t was = old == NULL ? 0 : malloc_usable_size(old);
  void *block = __libc_realloc(old, size);
  if (block != NULL || size == 0) held -= (long)was;
  return grown(block);
}

void *memalign(size_t alignment, size_t size) { return grown(__libc_memalign(alignment, size)); }

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **to, size_t alignment, size_t size) {
  void *block = memalign(alignment, size);
  if (block == NULL) return ENOMEM;
  *to = block;
  return 0;
}

void free(void *block) {
  if (block == NULL) return;
  held -= (long)malloc_usable_size(block);
  __libc_free(block);
}

void heap_start(void) { before = peak = held; }

long heap_peak(void) { return peak - before; }
