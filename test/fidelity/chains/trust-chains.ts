import { basicConstraints, subjectAltName } from '../../../src/issue/certificate-extensions.ts'
import { caUse, HOST, type KnownChain, type Maker, withBadSignature } from './maker.ts'

/** Order, completeness, and what is held of which chain. */
export function trustChains(m: Maker): KnownChain[] {
  const { root, stranger, issuing, leaf, rsaRoot, rsaIssuing } = m
  const rsaLeaf = m.leafOf(rsaIssuing, { key: 'rsa2048 leaf' })
  const names = [subjectAltName([HOST])]
  const selfSigned = m.make({ name: HOST, key: 'P-256 leaf', extensions: names })
  const selfSignedCa = m.make({
    name: HOST,
    key: 'P-256 leaf',
    extensions: [basicConstraints(true), ...names],
  })
  const twin = m.ca('root', { key: 'P-256 "root"', issuer: stranger })
  const direct = m.leafOf(root)
  const upper = m.ca('upper', { issuer: root })
  const lower = m.ca('lower', { issuer: upper })
  const deepLeaf = m.leafOf(lower)
  const alternate = m.ca('issuing', { key: 'P-256 "issuing"', issuer: stranger })
  const impostor = m.ca('issuing', { key: 'P-256 impostor', issuer: stranger })
  const falseRoot = m.ca('root', { key: 'P-256 false root' })
  const bareIssuing = m.ca('bare issuing', { issuer: root, keyIds: false })
  const bareRoot = m.ca('bare root', { keyIds: false })
  const bareLeaf = m.leafOf(bareRoot, { keyIds: false })
  const oldRoot = m.make({ name: 'old root' })
  const oldIssuing = m.make({ name: 'old issuing', issuer: root, keyIds: false })
  const bareOldRoot = m.make({ name: 'bare old root', keyIds: false })
  const oldLeaf = m.leafOf(root, { extensions: [], keyIds: false })
  const spaced = m.ca('a ca', { issuer: root })
  const nameless = m.make({ name: [], issuer: root, extensions: caUse })
  const longSerial = m.ca('long serial', { issuer: root, serialBytes: 33 })
  const rollover = m.ca('root', { key: 'P-256 new root', issuer: root })
  const strangers = [1, 2, 3, 4, 5].map((at) => m.ca(`stranger ${at}`))
  return [
    m.chain('two P-256 certificates', [leaf, issuing]),
    m.chain('two RSA certificates', [rsaLeaf, rsaIssuing], [rsaRoot]),
    m.chain('leaf below its root', [direct]),
    m.chain('three certificates', [deepLeaf, lower, upper]),
    m.chain('root sent as well', [leaf, issuing, root]),
    m.chain('wrong anchor', [leaf, issuing], [stranger]),
    m.chain('wrong anchor, root sent', [leaf, issuing, root], [stranger]),
    m.chain('two anchors', [leaf, issuing], [stranger, root]),
    m.chain('intermediate missing', [leaf]),
    m.chain('intermediate held', [leaf, issuing], [issuing]),
    m.chain('intermediate held, not sent', [leaf], [issuing]),
    m.chain('intermediate and root held', [leaf, issuing], [issuing, root]),
    m.chain('lower of two intermediates held', [deepLeaf, lower, upper], [lower]),
    m.chain('upper of two intermediates held', [deepLeaf, lower, upper], [upper]),
    m.chain('leaf held', [leaf, issuing], [leaf]),
    m.chain('leaf held and alone', [leaf], [leaf]),
    m.chain('self-signed leaf held', [selfSigned], [selfSigned]),
    m.chain('self-signed leaf not held', [selfSigned]),
    m.chain('self-signed leaf that is a CA held', [selfSignedCa], [selfSignedCa]),
    m.chain('self-signed leaf held, unrelated sent', [selfSigned, issuing], [selfSigned]),
    m.chain('new root held, twin sent', [leaf, issuing, twin]),
    m.chain('new root held, twin and old root sent', [leaf, issuing, twin, stranger]),
    m.chain('old root held, twin sent', [leaf, issuing, twin], [stranger]),
    m.chain('old root held, twin not sent', [leaf, issuing], [stranger]),
    m.chain('old and new root held, twin sent', [leaf, issuing, twin], [stranger, root]),
    m.chain('two issuers of one name and key, ours first', [leaf, issuing, alternate]),
    m.chain('two issuers of one name and key, ours last', [leaf, alternate, issuing]),
    m.chain('issuer of our name and another key before ours', [leaf, impostor, issuing]),
    m.chain('issuer of our name and another key in place of ours', [leaf, impostor]),
    m.chain('root of our name and another key held', [leaf, issuing], [falseRoot]),
    m.chain('root of our name and another key held before ours', [leaf, issuing], [falseRoot, root]),
    m.chain('intermediates in the wrong order', [deepLeaf, upper, lower]),
    m.chain('root first after the leaf', [leaf, root, issuing]),
    m.chain('unrelated certificate between', [leaf, stranger, issuing]),
    m.chain('unrelated certificate at the end', [leaf, issuing, stranger]),
    m.chain('five unrelated certificates at the end', [leaf, issuing, ...strangers]),
    m.chain('leaf twice', [leaf, leaf, issuing]),
    m.chain('intermediate twice', [leaf, issuing, issuing]),
    m.chain('no key identifiers', [bareLeaf], [bareRoot]),
    m.chain('issuer without key identifiers', [m.leafOf(bareIssuing, { keyIds: false }), bareIssuing]),
    m.chain('bad signature of the leaf', [withBadSignature(leaf), issuing]),
    m.chain('bad signature of the intermediate', [leaf, withBadSignature(issuing)]),
    m.chain('bad signature of the leaf, which is below its root', [withBadSignature(direct)]),
    m.chain('anchor without extensions but key identifiers', [m.leafOf(oldRoot)], [oldRoot]),
    m.chain('anchor of version 1', [m.leafOf(bareOldRoot)], [bareOldRoot]),
    m.chain('intermediate of version 1', [m.leafOf(oldIssuing), oldIssuing]),
    m.chain('leaf of version 1', [oldLeaf]),
    ...Array.from({ length: 11 }, (_, at) => deep(m, at + 1)),
    m.chain('issuer with two spaces for one', [m.leafOf({ ...spaced, subject: [['CN', 'a  ca']] }), spaced]),
    m.chain('intermediate without a name', [m.leafOf(nameless), nameless]),
    m.chain('serial number of 32 bytes', [m.leafOf(issuing, { serialBytes: 32 }), issuing]),
    m.chain('serial number of 33 bytes', [m.leafOf(issuing, { serialBytes: 33 }), issuing]),
    m.chain('intermediate whose serial number has 33 bytes', [m.leafOf(longSerial), longSerial]),
    m.chain('new root signed by the old of its name', [m.leafOf(rollover), rollover]),
  ]
}

/** So many certificates are sent: the leaf and its intermediates. */
function deep(m: Maker, certificates: number): KnownChain {
  let issuer = m.root
  const above = Array.from({ length: certificates - 1 }, (_, at) => {
    issuer = m.ca(`ca ${at}`, { issuer })
    return issuer
  })
  return m.chain(`${certificates} certificates deep`, [m.leafOf(issuer), ...above.reverse()])
}
