import { parseVersion } from '../tls/versions.ts'
import type { Replay } from '../trust/calendar.ts'
import { checkSignature } from '../trust/check-signature.ts'
import type { Certificate } from '../x509/certificate.ts'
import { equalBytes } from '../x509/decode-certificate.ts'
import { alternativesTo } from './alternatives.ts'
import { withVersionRefused } from './changed-chain.ts'
import { anchorsOf, sentAs } from './concerns.ts'
import { judge } from './judge.ts'
import type { Outlook, OutlookNeed } from './outlook.ts'
import { bareOutlook, outlookOf } from './outlook-of.ts'
import { type ChangedChain, reissue, renewAll } from './reissued-chain.ts'
import { changedInput, type DatedChange, type Replaying, readable } from './replaying.ts'
import { openScenes, type Scene } from './scene.ts'
import { leastBytesUnder } from './stand-in.ts'

/** What a change does, judged on its day; nothing for lifetimes, and for what this endpoint has behind it. */
export function replayEntry(replaying: Replaying, dated: DatedChange): Outlook[] {
  const { replay } = dated.change
  switch (replay?.kind) {
    case undefined:
    case 'lifetime':
      return []
    case 'reissue':
      return [replayReissue(replaying, dated, replay)]
    case 'drop':
      return [replayDrop(replaying, dated, replay)]
    case 'successor':
      return replaySuccessor(replaying, dated)
    case 'move':
    case 'store':
      return [replayMove(replaying, dated)]
    case 'versions':
      return replayVersions(replaying, dated)
  }
}

function replayReissue(
  replaying: Replaying,
  dated: DatedChange,
  { leaf: kept, leafSignature }: Replay & { kind: 'reissue' },
): Outlook {
  const { forecast, scene } = replaying
  const chain = scene.leg.chain!
  const changed = reissue({
    leaf: chain.leaf!,
    leafSignature,
    above: dated.change.chainAfter!.slice(1),
    pool: [...readable(chain.certificates), ...forecast.pool],
    trust: replaying.input.trust,
    at: dated.at,
  })
  const needs: OutlookNeed[] = kept === 'changes' ? [{ needs: 'leaf', of: [] }] : []
  return judgeChanged(replaying, dated, changed, needs)
}

function replayDrop(replaying: Replaying, dated: DatedChange, { when }: Replay): Outlook {
  const chain = replaying.scene.leg.chain!
  const gone = new Set(when.sends?.flatMap((one) => sentAs(chain, one)))
  const left = chain.certificates.filter((_, index) => !gone.has(index))
  const changed = renewAll(readable(left), replaying.input.trust, dated.at)
  const unread = left.length > readable(left).length
  return judgeChanged(replaying, dated, changed, unread ? [{ needs: 'chain', of: [] }] : [])
}

/** The issuing CA gives way to another under the same issuer, of which neither name nor size is known yet. */
function replaySuccessor(replaying: Replaying, dated: DatedChange): Outlook[] {
  const { leaf, certificates } = replaying.scene.leg.chain!
  const sent = readable(certificates)
  const name = leaf!.issuer.commonName ?? leaf!.issuer.text
  const at = sent.findIndex((one, index) => index > 0 && one.subject.commonName === leaf!.issuer.commonName)
  const issuing = sent[at]
  if (issuing === undefined) return [openOutlook(replaying, dated, [{ needs: 'chain', of: [] }])]
  const successor = {
    subject: `the successor of ${name}`,
    issuer: issuing.issuer.commonName,
    derBytes: undefined,
    key: undefined,
    signature: undefined,
    until: undefined,
    note: undefined,
    leastBytes: leastOfSuccessor(replaying, issuing),
  }
  const changed = reissue({
    leaf: leaf!,
    leafSignature: undefined,
    above: [successor, ...sent.filter((_, index) => index > 0 && index !== at)],
    pool: [],
    trust: replaying.input.trust,
    at: dated.at,
  })
  return [judgeChanged(replaying, dated, changed, [])]
}

/** The successor is signed by the key that signed the one before it, where that is at hand. */
function leastOfSuccessor({ input, scene }: Replaying, issuing: Certificate): number | undefined {
  const roots = input.trust.known.map(({ certificate }) => certificate)
  const issuer = [...readable(scene.leg.chain!.certificates), ...roots].find(
    (one) => equalBytes(one.subject.der, issuing.issuer.der) && checkSignature(issuing, one) === 'valid',
  )
  return issuer && leastBytesUnder(issuer)
}

/** Where the chain goes is known by the names of its roots alone: that decides nothing, but may lean. */
function replayMove(replaying: Replaying, dated: DatedChange): Outlook {
  const { held } = replaying.input.trust
  const rootsAfter = rootsToCome(replaying, dated)
  const lacks =
    held !== undefined &&
    rootsAfter !== undefined &&
    !held.some(({ certificate }) => rootsAfter.includes(certificate.subject.commonName ?? ''))
  const left = new Set(
    anchorsOf(replaying.scene.leg.chain!).map(({ subject }) => subject.commonName ?? subject.text),
  )
  const needs: OutlookNeed[] = [
    { needs: 'chain', of: [...left] },
    ...(held === undefined ? [{ needs: 'anchor' as const, of: rootsAfter ?? [] }] : []),
    ...(lacks ? [{ needs: 'root' as const, of: rootsAfter ?? [] }] : []),
  ]
  return { ...openOutlook(replaying, dated, needs), leans: lacks ? 'blocked' : undefined }
}

/**
 * Where stores let roots of several CAs go, the roots to come are those of all of them: this endpoint goes to one of its
 * own CA's, which is the owner of the root that bears the name of the leaf's issuer. Undefined where there is none.
 */
function rootsToCome({ input, scene }: Replaying, { change }: DatedChange): readonly string[] | undefined {
  const { rootsAfter, replay } = change
  if (replay?.kind !== 'store' || rootsAfter === undefined) return rootsAfter
  const issuer = scene.leg.chain!.leaf!.issuer.attributes.find(({ type }) => type === 'O')?.value
  const firm = (name: string | undefined) => name?.split(/[\s,]/)[0]?.toLowerCase()
  const own = rootsAfter.filter((name) => {
    const root = input.trust.known.find(({ certificate }) => certificate.subject.commonName === name)
    return root !== undefined && firm(root.owner) === firm(issuer)
  })
  return own.length === 0 ? undefined : own
}

/** Only where the version of today is refused then, and the device is known by the versions it offers. */
function replayVersions(replaying: Replaying, dated: DatedChange): Outlook[] {
  const { input, scene, today } = replaying
  const { first } = scene.leg
  const after = dated.change.versions!.after.map((one) => parseVersion(`TLSv${one}`.replace(/\.0$/, '')))
  const negotiated = first?.negotiated?.version
  if (first === undefined || negotiated === undefined || after.includes(negotiated)) return []
  const offered = input.device.hello.versions?.value.map(parseVersion)
  if (offered === undefined || offered.some((one) => after.includes(one)))
    return [openOutlook(replaying, dated, [{ needs: 'versions', of: [] }])]
  const observation = withVersionRefused(input.observation, scene.leg.connections)
  const verdict = judge({ ...input, observation, now: dated.at })
  return [outlookOf(baseOf(replaying, dated), verdict, today, { leg: scene.leg.index })]
}

/** The real judge on the changed chain, on its day; the leaves of other hosts on the way are renewed by then, too. */
function judgeChanged(
  replaying: Replaying,
  dated: DatedChange,
  changed: ChangedChain,
  more: readonly OutlookNeed[],
): Outlook {
  const { input, scene, today } = replaying
  const { leg } = scene
  const later = changedInput(replaying, dated.at, changed)
  const verdict = judge(later)
  const needs: OutlookNeed[] = [
    ...(changed.unknownSizes.length > 0 ? [{ needs: 'sizes' as const, of: changed.unknownSizes }] : []),
    ...(changed.unknownKeys.length > 0 ? [{ needs: 'keys' as const, of: changed.unknownKeys }] : []),
    ...more,
    ...otherAnchor(scene, openScenes(later)[leg.index], replaying),
  ]
  const cut = leg.first?.chain?.records !== undefined && input.observation.source !== 'pem'
  const outlook = outlookOf(baseOf(replaying, dated), verdict, today, {
    before: input.observation,
    leg: leg.index,
    assumed: [...changed.assumed, ...(cut ? (['records'] as const) : [])],
    needs,
    unknownSizes: changed.unknownSizes,
  })
  if (outlook.state !== 'blocked' || outlook.asToday || dated.change.replay?.kind !== 'reissue')
    return outlook
  return { ...outlook, avoidedBy: alternativesTo(replaying, dated) }
}

/**
 * Today's verdict assumed a root where it is not known which the device holds. A chain that does not lead there any more
 * may fit by another root; whether the device holds that one, too, nobody said.
 */
function otherAnchor(scene: Scene, later: Scene | undefined, { input }: Replaying): OutlookNeed[] {
  const today = scene.leg.chain?.path.used?.anchor
  const paths = later?.leg.chain?.path.known.paths ?? []
  if (input.trust.held !== undefined || today === undefined || paths.length === 0) return []
  if (paths.some(({ anchor }) => anchor.sha256 === today.sha256)) return []
  return [{ needs: 'anchor', of: [...new Set(paths.map(({ anchor }) => anchor.subject.commonName ?? ''))] }]
}

function openOutlook(replaying: Replaying, dated: DatedChange, needs: readonly OutlookNeed[]): Outlook {
  return { ...bareOutlook(baseOf(replaying, dated)), state: 'undecided', needs }
}

function baseOf({ input, scene }: Replaying, { change, timing, from }: DatedChange) {
  const { host } = scene.leg
  const elsewhere = scene.leg.index > 0 && host !== input.observation.target.host
  return {
    kind: change.replay!.kind,
    id: change.id,
    change,
    timing,
    from,
    host: elsewhere ? host : undefined,
  }
}
