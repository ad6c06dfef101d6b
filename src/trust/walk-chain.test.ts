import { describe, expect, test } from 'vitest'
import { realChain, realRoot } from '../../test/support/real-certificates.ts'
import { openKnownRoots } from '../io/root-files.ts'
import { issuerUrls } from '../x509/authority-info.ts'
import { formatPem } from '../x509/pem.ts'
import { roleOf } from './certificate-role.ts'
import { identifyStored } from './stored-forms.ts'
import { walkChain } from './walk-chain.ts'

const known = openKnownRoots()
const azure = realChain('chain-edge-microsoft-com-g2')
const aws = realChain('chain-aws-s3-eu-west-1')
const alone = realChain('chain-missing-intermediate')
const selfSigned = realChain('chain-badssl-self-signed')
const roles = (chain: typeof azure) => chain.map((each) => roleOf(each, chain, known))

describe('roles', () => {
  test('of the Azure chain of 2026: the last is a root that another root issued', () => {
    expect(roles(azure)).toEqual(['leaf', 'intermediate', 'cross-sign'])
  })

  test('of the S3 chain of 2021: two cross-signs', () => {
    expect(roles(aws)).toEqual(['leaf', 'intermediate', 'cross-sign', 'cross-sign'])
  })

  test('a cross-sign is told by a twin among the others, where no known root is one', () => {
    const twin = realChain('root-microsoft-tls-rsa-root-g2-selfsigned')[0]!
    expect(roleOf(azure[2]!, [twin, azure[2]!], [])).toBe('cross-sign')
    expect(roleOf(twin, [twin], [])).toBe('root')
  })

  test('a self-signed certificate that is no CA is a leaf of its own', () => {
    expect(roles(selfSigned)[0]).toBe('self-signed-leaf')
  })

  test('a certificate cross-signed under another intermediate name stays an intermediate', () => {
    expect(roles(realChain('int-microsoft-tls-g2-rsa-ca-ocsp-04'))).toEqual(['intermediate'])
  })
})

describe('the way that a device walks', () => {
  test('is the one with the fewest bytes, and every root that is reached is named', () => {
    const walk = walkChain(azure, known)
    expect(walk.indexes).toEqual([0, 1])
    expect(walk.bytes).toBe(4332)
    expect(walk.top).toMatchObject({ kind: 'known-root', root: { id: 'microsoft-tls-rsa-root-g2' } })
    expect(walk.roots.map(({ root, bytes, besideTwin }) => [root.id, bytes, besideTwin])).toEqual([
      ['microsoft-tls-rsa-root-g2', 4332, true],
      ['digicert-global-root-g2', 5753, false],
    ])
    expect(walk).toMatchObject({ rightOrder: undefined, duplicates: [], rootsSent: [], unused: [] })
  })

  test('ends at the anchor given, where one is', () => {
    const certificate = realRoot('digicert-global-root-g2')
    const walk = walkChain(azure, known, [{ certificate, label: 'mine.pem' }])
    expect(walk).toMatchObject({ indexes: [0, 1, 2], bytes: 5753, top: { kind: 'anchor' } })
  })

  test('finds the leaf wherever it stands, and says the right order', () => {
    const walk = walkChain([azure[1]!, azure[2]!, azure[0]!], known)
    expect(walk).toMatchObject({ leafIndex: 2, indexes: [2, 0], rightOrder: [2, 0] })
  })

  test('leaves out what repeats, roots, and what leads nowhere', () => {
    const root = realRoot('digicert-global-root-g2')
    const walk = walkChain([...azure, azure[1]!, root, aws[1]!], known)
    expect(walk).toMatchObject({ duplicates: [3], rootsSent: [4], unused: [5] })
  })

  test('ends where an issuer is missing, with the place where it can be fetched', () => {
    const walk = walkChain(alone, known)
    expect(walk).toMatchObject({ indexes: [0], top: { kind: 'missing' }, roots: [] })
    expect(issuerUrls(alone[0]!)).toEqual(['http://certificates.starfieldtech.com/repository/sfig2.crt'])
  })

  test('ends at a certificate that signed itself', () => {
    expect(walkChain(selfSigned.slice(0, 1), known).top.kind).toBe('self-signed')
  })

  test('of a root alone is the root', () => {
    const walk = walkChain([realRoot('isrg-root-x2')], known)
    expect(walk).toMatchObject({ indexes: [0], top: { kind: 'known-root', root: { id: 'isrg-root-x2' } } })
  })
})

describe('what a modem has stored', () => {
  const hash = async (text: string) => {
    const digest = await crypto.subtle.digest('SHA-256', Buffer.from(text))
    return Buffer.from(digest).toString('hex')
  }
  const root = realRoot('isrg-root-x2')
  const pem = formatPem(root.der)

  test.each([
    ['pem-lf', pem],
    ['pem-lf-unended', pem.trimEnd()],
    ['pem-crlf', pem.replaceAll('\n', '\r\n')],
    ['pem-crlf-unended', pem.trimEnd().replaceAll('\n', '\r\n')],
  ])('is told by its hash as %s', async (form, text) => {
    expect(identifyStored(await hash(text), [aws[0]!, root])).toEqual({ certificate: root, form })
  })

  test('is not guessed where no hash is equal', async () => {
    expect(identifyStored(await hash(`${pem} `), [root])).toBeUndefined()
  })
})
