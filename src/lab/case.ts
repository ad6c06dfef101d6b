import type { FindingId } from '../finding/details.ts'
import { checkRequest } from '../io/check-defaults.ts'
import type { CheckRequest } from '../io/check-request.ts'
import type { IssuedCertificate } from '../issue/issue-certificate.ts'
import type { VerifyMode } from '../judge/judge-input.ts'
import type { State } from '../judge/verdict.ts'
import type { HeldAnchor } from '../trust/trust-store.ts'
import { decodeCertificate } from '../x509/decode-certificate.ts'
import type { KeyShelf } from './keys.ts'

/** One of the real failures that the project was made for, as servers of our own. */
export interface LabCase {
  readonly id: string
  readonly title: string
  /** What the user saw, in a sentence. */
  readonly problem: string
  /** Starts the servers. Throws the system's error when a port is not to be had. */
  open(options: CaseOptions): Promise<OpenCase>
}

export interface CaseOptions {
  readonly keys: KeyShelf
  readonly now: Date
  /** Addresses to listen on. */
  readonly hosts: readonly string[]
  /** First port; each further server takes the next one. 0: any free ones. */
  readonly port: number
}

export interface OpenCase {
  readonly id: string
  /** In the order in which the story is told. */
  readonly steps: readonly CaseStep[]
  /** Ends the servers and removes what was written to disk. */
  close(): Promise<void>
}

export interface CaseStep {
  readonly role: 'works-before' | 'fails' | 'contrast' | 'cured'
  readonly title: string
  /** Lines as the device's own components print them; empty where nothing is printed. */
  readonly deviceSays: readonly string[]
  readonly attempt: Attempt
  /** What the verdict has to be for the story to be true. */
  readonly expect: { readonly states: readonly State[]; readonly finding: FindingId | undefined }
  /** What nobody could see. */
  readonly why: string
  /** The cure that this step shows; undefined unless `cured`. */
  readonly cure: string | undefined
}

/** What the device tries, with what it holds. */
export interface Attempt {
  readonly target: string
  readonly device: string
  readonly connect: { readonly host: string; readonly port: number } | undefined
  readonly anchors: readonly IssuedCertificate[]
  readonly sni: string | 'none' | undefined
  readonly verify: VerifyMode
  readonly clientCredential: { readonly certificatePem: string; readonly keyPem: string } | undefined
  readonly headers: readonly (readonly [name: string, value: string])[]
}

/** Parts of an attempt that most leave alone. */
export const plainAttempt = {
  connect: undefined,
  sni: undefined,
  verify: 'full',
  clientCredential: undefined,
  headers: [],
} as const satisfies Partial<Attempt>

/** The attempt as a request to `check`. */
export function requestOf(
  attempt: Attempt,
  data: Pick<CheckRequest, 'catalogue' | 'knownRoots' | 'now'>,
): CheckRequest {
  return checkRequest({
    ...data,
    target: attempt.target,
    devices: [attempt.device],
    anchors: attempt.anchors.map(heldAnchor),
    verify: attempt.verify,
    sni: attempt.sni,
    connect: attempt.connect,
    clientCredential: attempt.clientCredential,
    headers: attempt.headers,
  })
}

function heldAnchor({ der }: IssuedCertificate): HeldAnchor {
  const certificate = decodeCertificate(der)
  return { certificate, label: certificate.subject.commonName ?? certificate.subject.text }
}
