import { readFile, realpath, stat } from 'node:fs/promises'
import { extname, join, resolve, sep } from 'node:path'
import type { MiddlewareHandler } from 'hono'

const types: { readonly [extension: string]: string } = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.webmanifest': 'application/manifest+json',
  '.json': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
}

/**
 * The built page. What lies under `assets/` has a hash in its name and is kept for a year. Its pages are named after `#`:
 * who types `/alerts` is sent to `#/alerts`, and the page itself says where there is no such one.
 */
export function staticFiles(folder: string): MiddlewareHandler {
  const root = resolve(folder)
  return async (c, next) => {
    if (!['GET', 'HEAD'].includes(c.req.method)) return next()
    const file = c.req.path === '/' ? 'index.html' : await fileOf(root, c.req.path)
    if (file === undefined) {
      // A browser that opens a page asks for HTML; scripts and programs do not.
      if (c.req.header('accept')?.includes('text/html') !== true) return next()
      return c.redirect(hashAddress(new URL(c.req.url)))
    }
    const bytes = await readFile(join(root, file)).catch(() => undefined)
    if (bytes === undefined) return next()
    const hashed = file.startsWith(`assets${sep}`)
    return c.body(new Uint8Array(bytes), 200, {
      'content-type': types[extname(file)] ?? 'application/octet-stream',
      'cache-control': hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    })
  }
}

/** Relative (RFC 9110 §10.2.2), since a proxy may have taken a path of its own off before ours. */
function hashAddress({ pathname, search }: URL): string {
  const up = '../'.repeat(pathname.split('/').length - 2)
  return `${up === '' ? './' : up}#${pathname.replace(/\/$/, '')}${search}`
}

/** A path below `root`, links followed, that leads to a file; undefined where there is none. */
async function fileOf(root: string, path: string): Promise<string | undefined> {
  let named: string
  try {
    named = decodeURIComponent(path)
  } catch {
    return undefined
  }
  if (named.includes('\0') || named.includes('\\') || named.split('/').includes('..')) return undefined
  try {
    const whole = await realpath(join(root, named))
    const base = await realpath(root)
    if (!whole.startsWith(base + sep) || !(await stat(whole)).isFile()) return undefined
    return whole.slice(base.length + 1)
  } catch {
    return undefined
  }
}
