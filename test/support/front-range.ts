import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import type { Failed, Front, FrontOptions, FrontRules, Identity, Secured } from '../../src/front/front.ts'
import { openFront } from '../../src/front/tls-front.ts'
import { loopback } from '../../src/io/listen.ts'
import {
  basicConstraints,
  extendedKeyUsage,
  keyUsage,
  subjectAltName,
} from '../../src/issue/certificate-extensions.ts'
import type { IssuedCertificate } from '../../src/issue/issue-certificate.ts'
import { keptKey } from './kept-keys.ts'
import { testCertificate } from './test-certificate.ts'

const keys = {
  root: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  ecdsa: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  rsa: keptKey('rsa2048 front'),
}

export const frontRoot = testCertificate('Front test root', keys.root, undefined, [
  basicConstraints(true),
  keyUsage('keyCertSign'),
])

export const identities = { ecdsa: identity(keys.ecdsa), rsa: identity(keys.rsa) }

/** A leaf for `a.test`; more names make it larger. */
export function identity(
  key: KeyObject,
  names: readonly string[] = ['a.test'],
  issuer = frontRoot,
): Identity {
  const leaf = testCertificate(
    'a.test',
    key,
    issuer,
    [keyUsage('digitalSignature'), extendedKeyUsage('serverAuth'), subjectAltName(names)],
    { seed: `a.test ${key.asymmetricKeyType}` },
  )
  return { certPem: leaf.pem, keyPem: pemOf(key) }
}

export function ecdsaIdentity(names: readonly string[]): Identity {
  return identity(keys.ecdsa, names)
}

/** A device's certificate of its own. */
export function clientCertificate(
  name: string,
  issuer = frontRoot,
  notAfter?: Date,
): { certPem: string; keyPem: string } {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const issued = testCertificate(
    name,
    key,
    issuer,
    [extendedKeyUsage('clientAuth')],
    notAfter && { notAfter },
  )
  return { certPem: issued.pem, keyPem: pemOf(key) }
}

export function otherRoot(): IssuedCertificate {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  return testCertificate('Another root', key, undefined, [basicConstraints(true)])
}

export const plainRules: FrontRules = {
  identities,
  maxRecordBytes: 1024,
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  oldSuites: false,
  clientCertificates: { ask: 'no' },
  handshakeTimeoutMs: 10_000,
  maxConnections: 1000,
}

/** A front on loopback that keeps what it was told. */
export class FrontRange {
  readonly secured: Secured[] = []
  readonly failed: Failed[] = []
  readonly #waiting: (() => void)[] = []
  readonly #front: Front

  private constructor(front: (range: FrontRange) => Front) {
    this.#front = front(this)
  }

  static async open(
    rules: Partial<FrontRules> = {},
    serve: (socket: TLSSocket) => void = (socket) => void socket.resume(),
    options: FrontOptions = {},
  ): Promise<FrontRange> {
    const told: { range?: FrontRange } = {}
    const front = await openFront(
      { ...plainRules, ...rules },
      {
        secured: (connection) => {
          connection.socket.on('error', () => {})
          told.range!.secured.push(connection)
          serve(connection.socket)
          told.range!.#wake()
        },
        failed: (connection) => {
          told.range!.failed.push(connection)
          told.range!.#wake()
        },
      },
      { listen: loopback, ...options },
    )
    const range = new FrontRange(() => front)
    told.range = range
    return range
  }

  get front(): Front {
    return this.#front
  }

  get port(): number {
    return this.#front.port
  }

  /** Waits until that many connections were told of, both ways together. */
  async told(count: number): Promise<void> {
    while (this.secured.length + this.failed.length < count) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  async nextFailed(count = 1): Promise<Failed> {
    while (this.failed.length < count) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    return this.failed[count - 1]!
  }

  async nextSecured(count = 1): Promise<Secured> {
    while (this.secured.length < count) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    return this.secured[count - 1]!
  }

  close(): Promise<void> {
    return this.#front.close()
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}
