import { get, type IncomingMessage } from 'node:http'
import { isSelfSigned } from '../trust/certificate-role.ts'
import { findPaths } from '../trust/path.ts'
import { issuerUrls } from '../x509/authority-info.ts'
import type { Certificate } from '../x509/certificate.ts'
import { equalBytes } from '../x509/decode-certificate.ts'
import { findCertificates } from '../x509/find-certificates.ts'

/** An issuer is a certificate, or a small set of them. */
const maxBytes = 65_536
/** Issuers above one chain, one over the other. */
const maxSteps = 4
/** Documents fetched in one run. */
const maxFetches = 24

export interface IssuerFetch {
  /** As the certificate writes it: hostile text. */
  readonly url: string
  readonly outcome: 'fetched' | 'no-issuer-in-it' | 'failed'
}

export interface IssuersFetched {
  readonly certificates: readonly Certificate[]
  readonly fetches: readonly IssuerFetch[]
}

/**
 * Issuers that servers left out, from where the certificates say they are (RFC 5280 §4.2.2.1, plain HTTP only, no
 * redirects). A device does no such thing: what is found names the root, and proves nothing but its own signature.
 */
export async function fetchIssuers(
  chains: readonly (readonly Certificate[])[],
  anchors: readonly Certificate[],
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal | undefined },
): Promise<IssuersFetched> {
  const certificates: Certificate[] = []
  const fetches: IssuerFetch[] = []
  const asked = new Set<string>()
  for (const chain of chains) {
    for (let step = 0; step < maxSteps; step++) {
      const sent = [...chain, ...certificates]
      const search = findPaths(sent, anchors)
      const top = search.paths.length > 0 || search.end === undefined ? undefined : sent[search.end.index]
      if (top === undefined || isSelfSigned(top)) break
      const [url] = issuerUrls(top).filter((one) => one.startsWith('http://') && !asked.has(one))
      if (url === undefined || fetches.length >= maxFetches) break
      asked.add(url)
      const body = await fetchSmall(url, timeoutMs, signal)
      const found = body === undefined ? [] : readAll(body)
      const issuers = found.filter((one) => equalBytes(one.subject.der, top.issuer.der))
      fetches.push({ url, outcome: outcomeOf(body, issuers) })
      if (issuers.length === 0) break
      certificates.push(...found)
    }
  }
  return { certificates, fetches }
}

function outcomeOf(body: Uint8Array | undefined, issuers: readonly Certificate[]): IssuerFetch['outcome'] {
  if (body === undefined) return 'failed'
  return issuers.length === 0 ? 'no-issuer-in-it' : 'fetched'
}

/** DER, PEM, or PKCS #7: whatever the CA publishes. */
function readAll(body: Uint8Array): Certificate[] {
  return findCertificates(body).pieces.flatMap(({ certificate }) => certificate ?? [])
}

/** Undefined where it fails in whatever way; rejects only when aborted. */
async function fetchSmall(
  url: string,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  signal?.throwIfAborted()
  const limit = AbortSignal.timeout(timeoutMs)
  const both = signal === undefined ? limit : AbortSignal.any([limit, signal])
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get(url, { signal: both, agent: false }, resolve).on('error', reject)
    })
    const chunks: Buffer[] = []
    let bytes = 0
    let whole = response.statusCode === 200
    if (!whole) response.destroy()
    for await (const chunk of whole ? (response as AsyncIterable<Buffer>) : []) {
      bytes += chunk.length
      whole = bytes <= maxBytes
      // Leaving the loop ends the response.
      if (!whole) break
      chunks.push(chunk)
    }
    if (!whole) return undefined
    return Buffer.concat(chunks)
  } catch {
    signal?.throwIfAborted()
    return undefined
  }
}
