import type { Verdict } from '../../judge/verdict.ts'
import { type ChainReading, subjectOf } from '../chain-reading.ts'
import { formatCount, formatList, formatNumber } from '../units.ts'
import { type ChainRow, countingNames, type LimitMark, markGlyphs, markNames } from './chain-marks.ts'
import { type Markup, markup } from './markup.ts'

/** Every number known of the limits of these devices, drawn or not. */
export function marksTable(rows: readonly ChainRow[]): Markup | undefined {
  const marks = [...new Set(rows.flatMap((row) => row.marks))].sort((a, b) => a.bytes - b.bytes)
  if (marks.length === 0) {
    return markup`<p class="dim">No limit for a chain is known of this device.</p>`
  }
  return markup`<div class="wide" role="group" aria-label="Limits for this chain" tabindex="0"><table class="marks">
<thead><tr><th scope="col">Mark</th><th scope="col">Known</th><th scope="col" class="number">Bytes</th><th scope="col">Counts</th><th scope="col">Device</th></tr></thead>
<tbody>${marks.map(
    (
      mark,
    ) => markup`<tr><th scope="row" class="mark-${mark.kind}">${mark.letter}${markGlyphs[mark.kind]}</th><td>${markNames[mark.kind]}, ${keyNames[mark.key]}</td><td class="number">${formatNumber(mark.bytes)}</td><td>${countsOf(mark)}</td><td>${formatList(mark.devices, 6)}</td></tr>
`,
  )}</tbody></table></div>
`
}

function countsOf({ counts, countsKnown }: LimitMark): string {
  const names = counts.map((each) => countingNames[each])
  return countsKnown || names.length < 2
    ? formatList(names, 4, 'or')
    : `${formatList(names, 4, 'or')}: not documented which`
}

/** Rows of certificates; a hostile server may send thousands. */
const maxRows = 60

/** The certificates with their whole names. */
export function certificatesTable(
  verdicts: readonly Verdict[],
  { sizes, certificates, onPath }: ChainReading,
): Markup | undefined {
  if (sizes.length === 0) return undefined
  const crossSigned = crossSignedOf(verdicts, certificates)
  let sum = 0
  const rows = sizes.slice(0, maxRows).map((bytes, index) => {
    const certificate = certificates[index]
    sum += bytes
    const marks = [
      ...(onPath.has(index) ? ['needed'] : []),
      ...(index === 0 ? ['leaf'] : []),
      ...(certificate?.selfIssued === true ? ['root'] : []),
      ...(crossSigned.has(index) ? ['cross-sign'] : []),
    ]
    const issuer = certificate === undefined ? '' : (certificate.issuer.commonName ?? certificate.issuer.text)
    return markup`<tr><th scope="row">${index + 1}</th><td>${subjectOf(certificate)}${marks.map((mark) => markup` <span class="tag">${mark}</span>`)}</td><td>${issuer}</td><td class="number">${formatNumber(bytes)}</td><td class="number">${formatNumber(sum)}</td><td><code>${certificate?.sha256.slice(0, 8) ?? '????????'}</code></td></tr>
`
  })
  const hidden = sizes.length - rows.length
  return markup`<div class="wide" role="group" aria-label="Certificates" tabindex="0"><table class="certificates">
<thead><tr><th scope="col">#</th><th scope="col">Subject</th><th scope="col">Signed by</th><th scope="col" class="number">Bytes</th><th scope="col" class="number">Sum</th><th scope="col">SHA-256</th></tr></thead>
<tbody>${rows}</tbody></table></div>
${hidden > 0 ? markup`<p class="dim">… and ${formatCount(hidden, 'more certificate')}</p>` : undefined}`
}

/** A name that another authority signed though it is a root's: found by the judge, or two of one name in the chain. */
function crossSignedOf(
  verdicts: readonly Verdict[],
  certificates: ChainReading['certificates'],
): Set<number> {
  const named = new Set(
    verdicts.flatMap(({ findings }) =>
      findings.flatMap((finding) => (finding.id === 'cross-sign-path' ? [finding.details.subject] : [])),
    ),
  )
  const crossSigned = new Set<number>()
  for (const [index, certificate] of certificates.entries()) {
    if (certificate === undefined || certificate.selfIssued || index === 0) continue
    const twin = certificates.some(
      (other) => other?.selfIssued && other.subject.text === certificate.subject.text,
    )
    if (twin || named.has(subjectOf(certificate))) crossSigned.add(index)
  }
  return crossSigned
}

const keyNames: { readonly [K in LimitMark['key']]: string } = {
  chainBytes: 'chain',
  certificateBytes: 'each certificate',
  handshakeMessageBytes: 'whole message',
}
