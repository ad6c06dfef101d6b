import type { CheckRequest } from '../io/check-request.ts'
import { SecretQuery } from '../observe/secret-query.ts'
import type { StoredEndpoint } from '../store/rows/endpoints.ts'
import { openedLab } from './fleet-devices.ts'
import type { LabTargets } from './lab-targets.ts'
import { type OpenSecret, SecretError } from './open-secret.ts'

/** An endpoint with its secrets at hand, as `check` takes it: for the time of one probe. */
export type AskedEndpoint = Pick<
  CheckRequest,
  | 'target'
  | 'secretQuery'
  | 'sni'
  | 'connect'
  | 'clientCredential'
  | 'headers'
  | 'method'
  | 'byteLimit'
  | 'timeoutMs'
>

/** Throws `SecretError`, `LabError`. */
export async function askEndpoint(
  endpoint: StoredEndpoint,
  { lab, openSecret }: { readonly lab: LabTargets | undefined; readonly openSecret: OpenSecret },
): Promise<AskedEndpoint> {
  const { target, query, sni, connect, headers, clientCertificate, method, bytes, timeoutSeconds } = endpoint
  const parts = {
    method: method?.toUpperCase() ?? 'GET',
    // Records may grow to the end of a download: less than all of it leaves open what a device meets.
    byteLimit: bytes,
    timeoutMs: Math.round(timeoutSeconds * 1_000),
  }
  const opened: [name: string, value: string][] = []
  for (const { name, value } of headers) {
    opened.push([name, typeof value === 'string' ? value : await oneLine(value, openSecret)])
  }
  if (target.startsWith('lab:')) {
    const attempt = await openedLab(lab).attempt(target)
    return {
      ...parts,
      target: attempt.target,
      sni: sni ?? attempt.sni,
      connect: connect === undefined ? attempt.connect : placeOf(connect),
      clientCredential: attempt.clientCredential,
      headers: [...attempt.headers, ...opened],
    }
  }
  return {
    ...parts,
    ...{ target, sni, headers: opened },
    secretQuery: query && new SecretQuery(await oneLine(query, openSecret)),
    connect: connect === undefined ? undefined : placeOf(connect),
    clientCredential: clientCertificate && {
      certificatePem: await openSecret(clientCertificate.certificate),
      keyPem: await openSecret(clientCertificate.key),
    },
  }
}

/** `host:port`, or `[address]:port`: the config has been checked. */
function placeOf(connect: string): { readonly host: string; readonly port: number } {
  const at = connect.lastIndexOf(':')
  return { host: connect.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(connect.slice(at + 1)) }
}

/** What goes into a request head. The value itself is never told. */
async function oneLine(reference: Parameters<OpenSecret>[0], openSecret: OpenSecret): Promise<string> {
  const value = (await openSecret(reference)).trim()
  if (!/[\u0000-\u001f\u007f]/.test(value)) return value
  throw new SecretError('a secret for a request holds a control character: keep it on one line')
}
