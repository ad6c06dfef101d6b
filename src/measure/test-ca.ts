import { createHash, createPublicKey, generateKeyPair, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { FrontError } from '../front/front.ts'
import { nameOf, type Pair, readPair, writePair } from '../front/pair-file.ts'
import { makeFolders } from '../io/make-folders.ts'
import { basicConstraints, keyUsage } from '../issue/certificate-extensions.ts'
import { issueCertificate } from '../issue/issue-certificate.ts'
import type { Signer } from './served-chain.ts'

/** The CA of one measurement. It signs certificates that are wrong on purpose: no device may hold it for longer. */
export interface TestCa extends Signer {
  readonly pem: string
  readonly der: Uint8Array
  /** In hex. */
  readonly sha256: string
  readonly notAfter: Date
  /** It was not there before: no device holds it yet. */
  readonly isNew: boolean
}

const DAYS = 30
const DAY_MS = 86_400_000
/** Before any clock: a device without one lives in 1970. */
const NOT_BEFORE = new Date('1970-01-01T00:00:00Z')
/** Certificate and key, of the session's folder. */
export const TEST_CA_FILE = 'test-ca.pem'
const TITLE = 'tlsfit test CA: for one measurement; no device may hold it afterwards'

const generate = promisify(generateKeyPair)

/**
 * The test CA of a folder, made where there is none. Both are for their owner only. `replace`: one that has run out is
 * made anew; else that throws `FrontError`, as does a file that is damaged. Throws the system's error where it cannot be
 * written.
 */
export async function openTestCa(folder: string, now: Date, replace: boolean): Promise<TestCa> {
  await makeFolders(folder, 0o700)
  const file = join(folder, TEST_CA_FILE)
  const before = await readPair(file)
  if (before === undefined) return testCaOf(await makeTestCa(file, now), true)
  if (!before.certificate.ca || !before.certificate.verify(createPublicKey(before.key)))
    throw new FrontError(`${file} holds no root of a CA; move it away to have a new one`)
  if (new Date(before.certificate.validTo) > now) return testCaOf(before, false)
  if (replace) return testCaOf(await makeTestCa(file, now), true)
  throw new FrontError(`the test CA in ${file} has run out; begin a new session in another folder`)
}

async function makeTestCa(file: string, now: Date): Promise<Pair> {
  const { privateKey: key } = await generate('rsa', { modulusLength: 2048 })
  const { pem } = issueCertificate({
    // Two CAs of one name and different keys confuse stacks that look issuers up by name.
    subject: [['CN', `tlsfit test CA ${randomBytes(3).toString('hex')}`]],
    key,
    issuer: undefined,
    hash: 'sha256',
    notBefore: NOT_BEFORE,
    notAfter: new Date(Math.floor((now.getTime() + DAYS * DAY_MS) / 1000) * 1000),
    serialBytes: 8,
    keyIds: true,
    seed: randomBytes(16).toString('hex'),
    extensions: [basicConstraints(true), keyUsage('keyCertSign')],
  })
  await writePair(file, TITLE, pem, key, 'replace')
  return (await readPair(file))!
}

function testCaOf(pair: Pair, isNew: boolean): TestCa {
  const der = new Uint8Array(pair.certificate.raw)
  return {
    subject: nameOf(pair),
    key: pair.key,
    pem: pair.certPem,
    der,
    sha256: createHash('sha256').update(der).digest('hex'),
    notAfter: new Date(pair.certificate.validTo),
    isNew,
  }
}
