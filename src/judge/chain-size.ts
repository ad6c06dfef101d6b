import type { FieldRow } from '../device/evidence.ts'
import type { Limit } from '../device/limit.ts'
import { chainDemand } from './chain-demand.ts'
import { enlargeBuffer, frontSmallChain, keepsTls, sizeFixes } from './fixes.ts'
import { type Comparison, compareWithDevice, type Demand, exactly, figuresOf } from './limits.ts'
import { lowestFigure, marginsOf, nearFigure } from './margins.ts'
import { missing } from './missing.ts'
import { type Draft, draft, fix, type Judged, type Rule } from './rule.ts'
import { assumption, type ChainRead, type Scene } from './scene.ts'

/** The chain must fit the device's room for it, RFC 5246 §7.4.2, however that room counts. */
export const chainSize: Rule = {
  stage: 'chain',
  needs: ['chain'],
  judge(scene) {
    const chain = scene.leg.chain!
    const whole = judgeWhole(scene, chain)
    const each = judgeEach(scene, chain)
    return {
      findings: [...(whole.findings ?? []), ...(each.findings ?? [])],
      margins: [...(whole.margins ?? []), ...(each.margins ?? [])],
      missing: [...(whole.missing ?? []), ...(each.missing ?? [])],
      basis: whole.basis,
    }
  },
}

/** The Certificate message must fit the buffer for one handshake message, where the stack has one. */
export const messageSize: Rule = {
  stage: 'chain',
  needs: ['chain'],
  judge(scene) {
    const { device, leg } = scene
    const chain = leg.chain!
    const limit = device.limits.handshakeMessageBytes
    const { messageBytes } = chain
    const demand: Demand = { message: exactly(messageBytes) }
    const compared = compareWithDevice(device, 'handshakeMessageBytes', demand)
    const limitBytes = figureOf(compared, limit) ?? messageBytes
    const margins = marginsOf('handshakeMessageBytes', limit, demand)
    if (compared.outcome === 'over') {
      const details = { messageBytes, limitBytes, overBytes: messageBytes - limitBytes }
      const larger = enlargeBuffer(limit, { messageBytes })
      const others = sizeFixes(scene, chain, limitBytes)
      const fixes = larger.length > 0 ? [...larger, ...others.filter(keepsTls)] : others
      return { findings: [draft('message-too-large', 'blocks', details, { limit, fixes })], margins }
    }
    if (compared.outcome === 'open') {
      return {
        findings: [undecided(scene, chain, compared, limit)],
        margins,
        missing: [missing('measured-limit', 'the sources disagree', 'handshakeMessageBytes')],
      }
    }
    const near = nearLimit('handshakeMessageBytes', compared, limit)
    return { findings: [...judgeFragments(scene), ...(near === undefined ? [] : [near])], margins }
  },
}

/**
 * A server cuts a message at 16,384 bytes, or earlier where it caps its records, RFC 5246 §6.2.1. A stack with a limit
 * for one message in one record may not join it; where its profile does not say, that is open.
 */
function judgeFragments(scene: Scene): Draft[] {
  const { device, leg } = scene
  const limit = device.limits.handshakeMessageBytes
  const treated = device.handshakeFragments?.value
  if (treated === 'joined' || (treated === undefined && figuresOf(limit).length === 0)) return []
  const cut = leg.first?.messages.find(({ direction, records }) => direction === 'received' && records > 1)
  if (cut === undefined) return []
  const details = { message: cut.name, messageBytes: cut.messageBytes ?? 0, records: cut.records }
  const fixes = [fix('use-shorter-chain'), frontSmallChain(scene, leg.chain)]
  return [
    draft('message-fragmented', treated === 'refused' ? 'blocks' : 'unknown', details, { limit, fixes }),
  ]
}

function judgeWhole(scene: Scene, chain: ChainRead): Judged {
  const { device } = scene
  const limit = device.limits.chainBytes
  const demand = chainDemand(chain, chain.path.used)
  const compared = compareWithDevice(device, 'chainBytes', demand)
  const margins = marginsOf('chainBytes', limit, demand)
  const witnessed = compared.by === 'row'
  switch (compared.outcome) {
    case 'over':
      return {
        findings: [wholeTooLarge(scene, chain, figureOf(compared, limit) ?? chain.sentBytes)],
        margins,
        basis: witnessed ? 'witnessed' : 'judged',
      }
    case 'open':
      return {
        findings: [undecided(scene, chain, compared, limit)],
        margins,
        missing: [missing('measured-limit', 'how the limit counts is not documented', 'chainBytes')],
      }
    case 'fits':
    case 'near': {
      const seen = witnessed && compared.overInSomeWay ? compared.row : undefined
      const found =
        seen === undefined
          ? nearLimit('chainBytes', compared, limit)
          : wholeWitnessed(chain, seen, figureOf(compared, limit) ?? chain.sentBytes, limit)
      return {
        findings: found === undefined ? [] : [found],
        margins,
        basis: witnessed ? 'witnessed' : undefined,
      }
    }
    case 'none':
      return { margins, ...wholeUnmeasured(scene, chain) }
  }
}

function wholeTooLarge(scene: Scene, chain: ChainRead, limitBytes: number): Draft {
  const { sentBytes } = chain
  const path = chain.path.used
  const pathBytes = path?.bytes
  // What must go at least: where even the path is over, the path's excess.
  const tooMany = pathBytes !== undefined && pathBytes > limitBytes ? pathBytes : sentBytes
  const details = {
    sentBytes,
    pathBytes,
    ...assumption(chain),
    certificates: chain.certificates.length,
    pathCertificates: path?.indexes.length,
    limitBytes,
    overBytes: Math.max(0, tooMany - limitBytes),
  }
  const limit = scene.device.limits.chainBytes
  return draft('chain-too-large', 'blocks', details, { limit, fixes: sizeFixes(scene, chain, limitBytes) })
}

/** Over the limit in one way of counting, and yet the field took as much. */
function wholeWitnessed(
  chain: ChainRead,
  { endpoint, seen }: FieldRow,
  limitBytes: number,
  limit: Limit | undefined,
): Draft {
  const { sentBytes } = chain
  const row = `${endpoint}, ${seen}`
  const details = { sentBytes, pathBytes: chain.path.used?.bytes, limitBytes, row, ...assumption(chain) }
  return draft('chain-size-witnessed', 'info', details, { limit })
}

/** No limit for the whole chain: what ordinary servers send is taken. */
function wholeUnmeasured({ device, ordinary }: Scene, { sentBytes }: ChainRead): Judged {
  // A limit for one message bounds the chain, which is one message.
  if (figuresOf(device.limits.handshakeMessageBytes).length > 0) return {}
  const ordinaryBytes = ordinary?.chainBytes
  const why = missing('measured-limit', 'no source says how large a chain this device takes', 'chainBytes')
  if (ordinaryBytes === undefined || sentBytes <= ordinaryBytes) return { missing: [why], basis: 'assumed' }
  const details = { sentBytes, ordinaryBytes }
  return { findings: [draft('chain-size-unusual', 'unknown', details)], missing: [why] }
}

/** One certificate at a time. */
function judgeEach(scene: Scene, chain: ChainRead): Judged {
  const { device } = scene
  const limit = device.limits.certificateBytes
  const findings: Draft[] = []
  const asked: ReturnType<typeof missing>[] = []
  let witnessed = false
  chain.derBytes.forEach((certificateBytes, index) => {
    const compared = compareWithDevice(device, 'certificateBytes', { certificate: exactly(certificateBytes) })
    const subject = subjectAt(chain, index)
    if (compared.outcome === 'over') {
      witnessed ||= compared.by === 'row'
      const limitBytes = figureOf(compared, limit) ?? certificateBytes
      const details = {
        index,
        subject,
        certificateBytes,
        limitBytes,
        overBytes: certificateBytes - limitBytes,
      }
      findings.push(
        draft('cert-too-large', 'blocks', details, { limit, fixes: sizeFixes(scene, chain, limitBytes) }),
      )
    } else if (compared.outcome === 'open') {
      const lowBytes = compared.low ?? 0
      const highBytes = compared.high ?? certificateBytes
      const details = { index, subject, certificateBytes, lowBytes, highBytes }
      const fixes = sizeFixes(scene, chain, lowBytes)
      findings.push(draft('cert-size-undecided', 'unknown', details, { limit, leans: compared.leans, fixes }))
      asked.push(missing('measured-limit', 'the figure can be read in two ways', 'certificateBytes'))
    } else if (compared.outcome === 'none') {
      findings.push(...judgeUnusual(scene, index, subject, certificateBytes))
    } else {
      const near = nearLimit('certificateBytes', compared, limit)
      if (near !== undefined) findings.push(near)
    }
  })
  const heaviest = Math.max(...chain.derBytes)
  const margins = marginsOf('certificateBytes', limit, { certificate: exactly(heaviest) })
  return { findings, margins, missing: asked, basis: witnessed ? 'witnessed' : undefined }
}

/** Nothing is known of this device's room for certificates, together or alone, and this one is out of the ordinary. */
function judgeUnusual(
  { device, ordinary }: Scene,
  index: number,
  subject: string,
  certificateBytes: number,
): Draft[] {
  const { chainBytes, handshakeMessageBytes } = device.limits
  const bounded = [chainBytes, handshakeMessageBytes].some((limit) => figuresOf(limit).length > 0)
  const ordinaryBytes = ordinary?.certificateBytes
  if (bounded || ordinaryBytes === undefined || certificateBytes <= ordinaryBytes) return []
  return [draft('cert-size-unusual', 'unknown', { index, subject, certificateBytes, ordinaryBytes })]
}

function undecided(scene: Scene, chain: ChainRead, compared: Comparison, limit: Limit | undefined): Draft {
  const limitBytes = figureOf(compared, limit) ?? chain.sentBytes
  return draft(
    'chain-size-undecided',
    'unknown',
    {
      sentBytes: chain.sentBytes,
      pathBytes: chain.path.used?.bytes,
      limitBytes,
      ...assumption(chain),
      rows: compared.rows.map((row) => `${row.endpoint}, ${row.seen}: ${row.outcome}`),
    },
    { limit, leans: compared.leans, fixes: sizeFixes(scene, chain, limitBytes) },
  )
}

function nearLimit(name: string, compared: Comparison, limit: Limit | undefined): Draft | undefined {
  const limitValue = lowestFigure(limit)
  if (compared.outcome !== 'near' || compared.value === undefined || limitValue === undefined)
    return undefined
  const details = nearFigure(name, limit, compared.value, limitValue)
  return draft('limit-near', 'risks', details, { limit, fixes: [fix('use-shorter-chain')] })
}

/** The documented figure; where there is none, what is known to fail. */
function figureOf(compared: Comparison, limit: Limit | undefined): number | undefined {
  if (typeof limit?.value === 'number') return limit.value
  if (compared.high !== undefined) return compared.high
  const { row, counts } = compared
  return row && ((counts && row.readings[counts]) ?? Object.values(row.readings)[0])
}

export function subjectAt(chain: ChainRead, index: number): string {
  const subject = chain.certificates[index]?.subject
  return subject?.commonName ?? subject?.text ?? `certificate ${index + 1}`
}
