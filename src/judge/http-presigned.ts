import type { Details } from '../finding/details.ts'
import type { HttpRequestSent, HttpResponseSeen } from '../observe/observation.ts'
import { type Draft, draft, fix } from './rule.ts'
import type { Scene } from './scene.ts'

type Why = Details['presigned-url-rejected']['why']

/** A pre-signed S3 URL that was refused, with the reason that can be seen in it or that S3 gave. */
export function judgePresigned(
  scene: Scene,
  request: HttpRequestSent,
  { status, errorCode: code, errorText }: HttpResponseSeen,
): Draft | undefined {
  const { presigned } = request
  if (presigned === undefined || ![400, 401, 403].includes(status)) return undefined
  const found = (why: Why, detail?: string) =>
    draft('presigned-url-rejected', 'blocks', { status, code, why, detail }, { fixes: fixesOf(why) })
  if (presigned.htmlEscaped) return found('html-escaped')
  if (presigned.missing.length > 0) return found('cut', presigned.missing.join(', '))
  if (request.authorizationScheme !== undefined)
    return found('two-authorizations', request.authorizationScheme)
  if (presigned.doublyEncoded) return found('encoded-twice')
  const { expiresAt, signedAt } = presigned
  if (expiresAt !== undefined && expiresAt < scene.now) return found('expired', expiresAt.toISOString())
  // The service says so, whatever our clock says.
  if (/has expired/i.test(errorText ?? '')) return found('expired', expiresAt?.toISOString())
  if (signedAt !== undefined && signedAt > scene.now) return found('not-yet-valid', signedAt.toISOString())
  if (code !== 'SignatureDoesNotMatch') return undefined
  const absent = presigned.signedHeaders.filter((name) => !sends(request, name))
  return absent.length > 0 ? found('header-not-sent', absent.join(', ')) : found('mismatch', request.method)
}

function sends({ headerNames }: HttpRequestSent, name: string): boolean {
  return headerNames?.includes(name) ?? true
}

function fixesOf(why: Why) {
  if (why === 'expired') return [fix('renew-presigned-url'), fix('set-clock')]
  if (why === 'not-yet-valid') return [fix('renew-presigned-url'), fix('set-clock')]
  return [fix('repair-presigned-url', { why })]
}
