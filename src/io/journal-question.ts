import { createHash } from 'node:crypto'
import type { CheckJob } from './check-request.ts'

/** What decides what a dial sees, besides the target. No secret is in it: headers are named without their values. */
export type Question = ReturnType<typeof questionOf>

export function questionOf(job: CheckJob) {
  const { devices, anchors, verify, sni, connect, clientCredential, headers, method } = job
  const { sendSecrets, compareSni, byteLimit, timeoutMs } = job
  return {
    devices: devices.map((device) => (typeof device === 'string' ? device : device.asked)),
    anchors: anchors?.map(({ certificate }) => sha256(certificate.der)) ?? null,
    verify,
    sni: sni ?? null,
    connect: connect === undefined ? null : `${connect.host}:${connect.port}`,
    clientCertificate: clientCredential === undefined ? null : sha256(clientCredential.certificatePem),
    headers: headers.map(([name]) => name.toLowerCase()),
    method,
    sendSecrets,
    compareSni: compareSni ?? false,
    bytes: byteLimit ?? null,
    timeoutMs,
  }
}

/** Names what two runs asked differently, for people; undefined where they asked the same. */
export function whatDiffers(before: readonly Question[], now: readonly Question[]): string | undefined {
  const texts = (questions: readonly Question[]) =>
    JSON.stringify(questions.map((question) => JSON.stringify(question)).sort())
  if (texts(before) === texts(now)) return undefined
  const [one, other] = [before[0], now[0]]
  if (before.length !== 1 || now.length !== 1 || one === undefined || other === undefined) {
    return 'the options of its targets'
  }
  const names = Object.keys(words) as (keyof Question)[]
  const differing = names.filter((name) => JSON.stringify(one[name]) !== JSON.stringify(other[name]))
  return differing.length === 0 ? 'the options' : differing.map((name) => words[name]).join(', ')
}

const words: { readonly [Name in keyof Question]: string } = {
  devices: 'the devices',
  anchors: 'the anchors',
  verify: '--verify',
  sni: '--sni',
  connect: '--connect',
  clientCertificate: 'the client certificates',
  headers: 'the headers',
  method: '--method',
  sendSecrets: '--send-secrets',
  compareSni: '--compare-sni',
  bytes: '--bytes',
  timeoutMs: '--timeout',
}

function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex')
}
