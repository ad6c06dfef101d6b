import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FrontRules, Identity, IdentityKind } from '../../front/front.ts'
import { makeFolders } from '../../io/make-folders.ts'
import type { Certificate } from '../../x509/certificate.ts'
import { parseCertificates } from '../../x509/pem.ts'
import type { ListenerFile } from '../config-schema.ts'
import { type GatewayConfig, pathIn } from '../gateway-config.ts'
import { ChallengeServer } from './acme-challenges.ts'
import { type AcmePace, setUpRequests, usualPace } from './acme-requests.ts'
import { checkIdentity } from './from-files.ts'
import type { OrderIdentities } from './identities.ts'
import { IdentityError } from './identity-error.ts'

type AcmeWish = NonNullable<ListenerFile['certificate']['acme']>

/** RFC 8555 leaves it open; two thirds of its life is what CAs ask clients for. */
const RENEW_AT = 2 / 3
/** After a failure the directory is left alone for so long: CAs limit failures. */
const RETRY_MS = 3_600_000

const triedAt = new Map<string, number>()

/** Told where a renewal failed and the certificate of before is still served; a line for the log. */
export type TellAcme = (listener: string, message: string) => void

/**
 * Certificates by ACME, kept in the state folder and renewed when two thirds of their life are over. To be used in one
 * process only. A renewal that fails leaves the certificate that is there; without one it throws `IdentityError`.
 */
export function orderByAcme(tell: TellAcme, pace = usualPace): OrderIdentities {
  return async (listener, config, now) => {
    const wish = listener.certificate.acme as AcmeWish
    const folder = join(pathIn(config, config.state), 'acme', listener.name)
    await makeFolders(folder, 0o700)
    const get = (kind: IdentityKind) =>
      identityOf(kind, { wish, folder, config, now, pace }, (message) => tell(listener.name, message))
    const ecdsa = await get('ecdsa')
    return { ecdsa, rsa: wish.rsa ? await get('rsa') : undefined } satisfies FrontRules['identities']
  }
}

interface Ordering {
  readonly wish: AcmeWish
  readonly folder: string
  readonly config: GatewayConfig
  readonly now: Date
  readonly pace: AcmePace
}

async function identityOf(
  kind: IdentityKind,
  ordering: Ordering,
  tell: (message: string) => void,
): Promise<Identity> {
  const { wish, folder, now } = ordering
  const file = join(folder, `${kind}.pem`)
  const kept = await readKept(file, kind, wish, now)
  if (kept !== undefined && !kept.due) return kept.identity
  const tried = triedAt.get(file)
  if (kept !== undefined && tried !== undefined && now.getTime() - tried < RETRY_MS) return kept.identity
  try {
    const identity = await order(kind, ordering)
    triedAt.delete(file)
    return identity
  } catch (error) {
    triedAt.set(file, now.getTime())
    const what = whatFailed(error)
    if (kept !== undefined) {
      tell(`not renewed by ${wish.directory}: ${what}; the certificate of before is served`)
      return kept.identity
    }
    if (error instanceof IdentityError) throw error
    throw new IdentityError(
      `no certificate from ${wish.directory}: ${what}`,
      `names must lead to this machine, and its challenges come to port 80, answered at ${wish.challengeListen}`,
    )
  }
}

/** The first line; several refusals at once (one an address) have a code alone. */
function whatFailed(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const code = 'code' in error ? String(error.code) : 'unknown'
  return error.message.split('\n')[0] || code
}

async function readKept(
  file: string,
  kind: IdentityKind,
  { names }: AcmeWish,
  now: Date,
): Promise<{ readonly identity: Identity; readonly due: boolean } | undefined> {
  try {
    const text = await readFile(file, 'utf8')
    const chain = parseCertificates(Buffer.from(text), file)
    const keyPem = /-----BEGIN PRIVATE KEY-----[\s\S]+?-----END PRIVATE KEY-----\n?/.exec(text)?.[0] ?? ''
    const identity = checkIdentity(chain, keyPem, kind, clockOf(chain, now), { chain: file, key: file })
    const [leaf] = chain
    const has = new Set(leaf!.subjectAltNames.map(({ value }) => value.toLowerCase()))
    if (!names.every((name) => has.has(name.toLowerCase()))) return undefined
    const [from, to] = [leaf!.notBefore.getTime(), leaf!.notAfter.getTime()]
    return { identity, due: now.getTime() > from + RENEW_AT * (to - from) }
  } catch {
    // Not there, run out, or damaged: another is ordered in its place.
    return undefined
  }
}

async function order(kind: IdentityKind, { wish, folder, config, now, pace }: Ordering): Promise<Identity> {
  const acme = await import('acme-client')
  setUpRequests(acme.axios, pace, wish.ca === undefined ? undefined : pathIn(config, wish.ca))
  const account = await openAccount(folder, wish.directory)
  const client = new acme.Client({
    directoryUrl: wish.directory,
    accountKey: account.keyPem,
    ...(account.url === undefined ? {} : { accountUrl: account.url }),
    backoffMin: pace.waitMs,
  })
  const keyPem = newKey(kind)
  const [, csr] = await acme.crypto.createCsr({ altNames: [...wish.names] }, keyPem)
  const challenges = await ChallengeServer.open(wish.challengeListen)
  try {
    const certPem = await client.auto({
      csr,
      ...(wish.email === undefined ? {} : { email: wish.email }),
      termsOfServiceAgreed: true,
      skipChallengeVerification: true,
      challengePriority: ['http-01'],
      challengeCreateFn: async (_authorization, challenge, answer) => challenges.add(challenge.token, answer),
      challengeRemoveFn: async (_authorization, challenge) => challenges.remove(challenge.token),
    })
    if (account.url === undefined) {
      await save(
        accountFile(folder),
        `account ${client.getAccountUrl()} of ${wish.directory}\n${account.keyPem}`,
      )
    }
    const file = join(folder, `${kind}.pem`)
    const chain = parseCertificates(Buffer.from(certPem), wish.directory)
    const identity = checkIdentity(chain, keyPem, kind, clockOf(chain, now), {
      chain: wish.directory,
      key: 'its key',
    })
    await save(file, `${identity.certPem.trimEnd()}\n${keyPem}`)
    return identity
  } finally {
    await challenges.close()
  }
}

interface Account {
  readonly keyPem: string
  /** As the directory names it; undefined for a key that it does not know yet. */
  readonly url: string | undefined
}

/** Our clock, or the CA's where that is ahead: a certificate just issued is no fault for beginning in a second. */
function clockOf(chain: readonly Certificate[], now: Date): Date {
  return new Date(Math.max(now.getTime(), ...chain.map(({ notBefore }) => notBefore.getTime())))
}

/** One account for each listener and directory, kept with the address that the directory gave it. */
async function openAccount(folder: string, directory: string): Promise<Account> {
  const text = await readFile(accountFile(folder), 'utf8').catch(() => '')
  const url = /^account (\S+) of (\S+)$/m.exec(text)
  const keyPem = /-----BEGIN PRIVATE KEY-----[\s\S]+?-----END PRIVATE KEY-----\n?/.exec(text)?.[0]
  if (keyPem !== undefined && url?.[2] === directory && isKey(keyPem)) return { keyPem, url: url[1] }
  return { keyPem: newKey('ecdsa'), url: undefined }
}

function accountFile(folder: string): string {
  return join(folder, 'account.pem')
}

function isKey(pem: string): boolean {
  try {
    createPrivateKey(pem)
    return true
  } catch {
    return false
  }
}

function newKey(kind: IdentityKind): string {
  const { privateKey } =
    kind === 'ecdsa'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

async function save(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text, { mode: 0o600 })
  await rename(`${file}.new`, file)
}
