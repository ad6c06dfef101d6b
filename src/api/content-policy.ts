import { createHash } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { HtmlReport } from '../report/html/html-report.ts'

/**
 * Nothing inline, nothing from elsewhere. Of styles there is one more: that of our own reports, which the page shows in
 * a frame without scripts, and which has the page's policy where it comes as `srcdoc`.
 */
function pagePolicy(): string {
  return [
    "default-src 'self'",
    `style-src 'self' 'sha256-${reportStyleHash()}'`,
    "base-uri 'none'",
    "object-src 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')
}

/** Of a report that comes by its own address: nothing but its styles, no script, and an origin of its own. */
export const reportPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'; sandbox"

export function securityHeaders(): MiddlewareHandler {
  const policy = pagePolicy()
  return async (c, next) => {
    await next()
    const { headers } = c.res
    if (!headers.has('content-security-policy')) {
      headers.set('content-security-policy', policy)
      headers.set('x-frame-options', 'DENY')
    }
    headers.set('x-content-type-options', 'nosniff')
    headers.set('referrer-policy', 'no-referrer')
    headers.set('cross-origin-opener-policy', 'same-origin')
    headers.set('permissions-policy', 'camera=(), geolocation=(), microphone=()')
    if (!headers.has('cross-origin-resource-policy')) {
      headers.set('cross-origin-resource-policy', 'same-origin')
    }
    if (!headers.has('cache-control')) headers.set('cache-control', 'no-store')
  }
}

/** All reports have the same. */
function reportStyleHash(): string {
  const page = new HtmlReport().fail({ target: '', code: '', message: '', hint: undefined, at: undefined })
  const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1]
  if (style === undefined) throw new Error('a report has no style')
  return createHash('sha256').update(style).digest('base64')
}
