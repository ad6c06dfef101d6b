import type { IssuedCertificate } from '../../../src/issue/issue-certificate.ts'
import { type KnownChain, type Maker, type Recipe, rsaServerUse } from './maker.ts'

const rsaBits = [1024, 2048, 3072, 4096] as const
const curves = ['P-256', 'P-384', 'P-521', 'secp256k1', 'secp224r1', 'brainpoolP256r1'] as const

/** Keys of every size, and signatures by every hash: of the leaf, of an intermediate, of the anchor. */
export function keyChains(m: Maker): KnownChain[] {
  const { root, issuing, rsaRoot, rsaIssuing } = m
  const leafOf = (issuer: IssuedCertificate, more: Partial<Recipe> = {}) =>
    m.leafOf(issuer, more.key?.startsWith('rsa') ? { extensions: rsaServerUse, ...more } : more)
  const leafKey = (key: string, title: string) =>
    m.chain(`${title} leaf`, [leafOf(issuing, { key: `${key} leaf` }), issuing])
  const issuerKey = (key: string, title: string) => {
    const other = m.ca('other issuing', { key: `${key} issuing`, issuer: root })
    return m.chain(`${title} intermediate`, [m.leafOf(other), other])
  }
  const anchorKey = (key: string, title: string) => {
    const other = m.ca('other root', { key: `${key} root` })
    return m.chain(`${title} anchor`, [m.leafOf(other)], [other])
  }
  const rsaLeaf = (more: Partial<Recipe>) => leafOf(rsaIssuing, { key: 'rsa2048 leaf', ...more })
  const rsaSigned = (title: string, more: Partial<Recipe>) => [
    m.chain(`leaf signed with ${title}`, [rsaLeaf(more), rsaIssuing], [rsaRoot]),
    signedIntermediate(title, more),
    selfSignedRoot(title, more),
  ]
  function signedIntermediate(title: string, more: Partial<Recipe>): KnownChain {
    const odd = m.ca('odd issuing', { key: 'rsa2048 odd issuing', issuer: rsaRoot, ...more })
    return m.chain(
      `intermediate signed with ${title}`,
      [leafOf(odd, { key: 'rsa2048 leaf' }), odd],
      [rsaRoot],
    )
  }
  function selfSignedRoot(title: string, more: Partial<Recipe>): KnownChain {
    const odd = m.ca('odd root', { key: 'rsa2048 odd root', ...more })
    return m.chain(`anchor signed with ${title}`, [leafOf(odd, { key: 'rsa2048 leaf' })], [odd])
  }
  return [
    ...rsaBits.map((bits) => leafKey(`rsa${bits}`, `RSA ${bits}`)),
    ...curves.slice(1).map((curve) => leafKey(curve, curve)),
    leafKey('ed25519', 'Ed25519'),
    ...rsaBits.map((bits) => issuerKey(`rsa${bits}`, `RSA ${bits}`)),
    ...curves.slice(1).map((curve) => issuerKey(curve, curve)),
    issuerKey('ed25519', 'Ed25519'),
    ...rsaBits.filter((bits) => bits !== 2048).map((bits) => anchorKey(`rsa${bits}`, `RSA ${bits}`)),
    ...curves.slice(1, 3).map((curve) => anchorKey(curve, curve)),
    anchorKey('ed25519', 'Ed25519'),
    ...rsaSigned('MD5', { hash: 'md5' }),
    ...rsaSigned('SHA-1', { hash: 'sha1' }),
    ...rsaSigned('SHA-384', { hash: 'sha384' }),
    ...rsaSigned('SHA-512', { hash: 'sha512' }),
    ...rsaSigned('PSS and SHA-256', { pss: true }),
    ...rsaSigned('PSS and SHA-384', { pss: true, hash: 'sha384' }),
    m.chain('leaf signed with ECDSA and SHA-1', [m.leafOf(issuing, { hash: 'sha1' }), issuing]),
    m.chain('leaf signed with ECDSA and SHA-384', [m.leafOf(issuing, { hash: 'sha384' }), issuing]),
    m.chain('leaf signed with ECDSA and SHA-512', [m.leafOf(issuing, { hash: 'sha512' }), issuing]),
    m.chain('P-384 leaf, SHA-384', [m.leafOf(issuing, { key: 'P-384 leaf', hash: 'sha384' }), issuing]),
    m.chain(
      'unrelated certificate signed with MD5 at the end',
      [...[rsaLeaf({}), rsaIssuing, m.ca('odd', { key: 'rsa2048 odd root', hash: 'md5' })]],
      [rsaRoot],
    ),
    m.chain('unrelated RSA 1024 certificate at the end', [
      m.leaf,
      issuing,
      m.ca('weak', { key: 'rsa1024 root' }),
    ]),
    m.chain('P-256 leaf of an RSA issuer', [m.leafOf(rsaIssuing), rsaIssuing], [rsaRoot]),
  ]
}
