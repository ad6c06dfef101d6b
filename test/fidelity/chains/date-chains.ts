import { subjectAltName } from '../../../src/issue/certificate-extensions.ts'
import { caUse, HOST, type KnownChain, type Maker } from './maker.ts'

const expired = { from: -400, to: -10 }
const future = { from: 10, to: 1_000 }

/** Which certificate is out of its time, alone and beside other faults. */
export function dateChains(m: Maker): KnownChain[] {
  const { root, stranger, issuing, leaf } = m
  const issuingAt = (dates: typeof expired) =>
    m.ca('issuing', { key: 'P-256 "issuing"', issuer: root, ...dates })
  const rootAt = (dates: typeof expired) => m.make({ name: 'root', extensions: caUse, ...dates })
  const twinAt = (dates: typeof expired) => m.ca('root', { key: 'P-256 "root"', issuer: stranger, ...dates })
  const oldLeaf = m.leafOf(issuing, expired)
  const oldStranger = m.ca('old stranger', expired)
  const otherName = [subjectAltName(['other.test'])]
  const selfSigned = m.make({
    name: HOST,
    key: 'P-256 leaf',
    extensions: [subjectAltName([HOST])],
    ...expired,
  })
  return [
    m.chain('expired leaf', [oldLeaf, issuing]),
    m.chain('leaf not yet valid', [m.leafOf(issuing, future), issuing]),
    m.chain('expired intermediate', [leaf, issuingAt(expired)]),
    m.chain('intermediate not yet valid', [leaf, issuingAt(future)]),
    m.chain('expired and good intermediate of one key, the expired first', [
      leaf,
      issuingAt(expired),
      issuing,
    ]),
    m.chain('expired anchor', [leaf, issuing], [rootAt(expired)]),
    m.chain('anchor not yet valid', [leaf, issuing], [rootAt(future)]),
    m.chain('expired and good anchor of one key', [leaf, issuing], [rootAt(expired), root]),
    m.chain('expired anchor and another', [leaf, issuing], [oldStranger, root]),
    m.chain('new root held, expired twin sent', [leaf, issuing, twinAt(expired)]),
    m.chain('old root held, expired twin sent', [leaf, issuing, twinAt(expired)], [stranger]),
    m.chain('expired unrelated certificate at the end', [leaf, issuing, oldStranger]),
    m.chain('all expired', [oldLeaf, issuingAt(expired)], [rootAt(expired)]),
    m.chain('expired leaf, intermediate not yet valid', [oldLeaf, issuingAt(future)]),
    m.chain('expired leaf, wrong anchor', [oldLeaf, issuing], [stranger]),
    m.chain('expired leaf of another name', [
      m.leafOf(issuing, { extensions: otherName, ...expired }),
      issuing,
    ]),
    m.chain('expired self-signed leaf held', [selfSigned], [selfSigned]),
    m.chain('leaf until the year 2100', [m.leafOf(issuing, { to: 27_000 }), issuing]),
    m.chain('leaf that outlives its issuer', [m.leafOf(issuing, { to: 9_000 }), issuing]),
  ]
}
