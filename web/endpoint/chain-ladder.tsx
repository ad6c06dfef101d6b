import type { EndpointPage } from '../../src/api/contract.ts'
import type { ChainFacts, Snapshot } from '../../src/fleet/snapshot.ts'
import { Figure } from '../parts/figure.tsx'
import { Empty } from '../parts/notice.tsx'
import { formatAmount, formatCount, formatDay, formatLeft, formatNumber } from '../words/figures.ts'
import { countingWords } from '../words/states.ts'
import { gridStep, type LimitRow, limitRows, scaleOf } from './ladder.ts'
import { LimitPicture, type Piece } from './limit-picture.tsx'

/** What each certificate weighs, and where each fleet's limit stands. */
export function ChainLadder(props: {
  readonly snapshot: Snapshot | undefined
  readonly fleets: EndpointPage['fleets']
}) {
  const chains = props.snapshot?.chains ?? []
  return (
    <section aria-labelledby="chain">
      <h2 id="chain">Chain</h2>
      {chains.length === 0 ? (
        <Empty title="No chain seen yet">
          It is drawn here after the first probe that gets as far as the certificates.
        </Empty>
      ) : (
        chains.map((chain, index) => (
          <Ladder
            key={chain.digest}
            chain={chain}
            number={index + 1}
            of={chains.length}
            fleets={props.fleets}
          />
        ))
      )}
    </section>
  )
}

function Ladder(props: {
  readonly chain: ChainFacts
  readonly number: number
  readonly of: number
  readonly fleets: EndpointPage['fleets']
}) {
  const { chain } = props
  const judged = props.fleets.filter(({ verdict }) => verdict?.chains.includes(chain.digest) ?? false)
  const rows = limitRows(judged, ['chainBytes', 'certificateBytes', 'handshakeMessageBytes'])
  const scale = scaleOf([chain.bytes, ...rows.flatMap(({ margin }) => [margin.limitValue, margin.value])])
  const known = chain.certificates.reduce((sum, { bytes }) => sum + bytes, 0)
  const pieces: Piece[] = chain.certificates.map((certificate, index) => ({
    label: `${index + 1}`,
    bytes: certificate.bytes,
    tip: `${certificate.role}: ${certificate.subject}, ${formatAmount(certificate.bytes)}`,
  }))
  if (chain.bytes > known)
    pieces.push({
      label: '?',
      bytes: chain.bytes - known,
      tip: `not readable, ${formatAmount(chain.bytes - known)}`,
    })
  return (
    <figure class="ladder">
      <figcaption>
        {props.of > 1 ? <strong>Chain {props.number} </strong> : null}
        {formatCount(chain.count, 'certificate')}, <strong>{formatAmount(chain.bytes)}</strong>
        <span class="dim">, from {chain.issuer}</span>
      </figcaption>
      <LimitPicture
        title={`Bytes of the chain against the limits of ${formatCount(rows.length, 'fleet')}`}
        description={describe(chain, rows)}
        lanes={[pieces]}
        {...{ rows, scale }}
        step={gridStep(scale)}
        wordsOf={(row) => countingWords[row.margin.counts] ?? row.margin.counts}
      />
      <Certificates chain={chain} />
    </figure>
  )
}

function Certificates({ chain }: { readonly chain: ChainFacts }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <div class="wide" tabIndex={0} role="group" aria-label="Certificates of the chain">
      <table class="certificates">
        <thead>
          <tr>
            <th scope="col">#</th>
            <th scope="col">Certificate</th>
            <th scope="col">Key</th>
            <th scope="col">Ends</th>
            <th scope="col" class="number">
              Bytes
            </th>
          </tr>
        </thead>
        <tbody>
          {chain.certificates.map((certificate, index) => (
            <tr key={`${index} ${certificate.sha256}`}>
              <td class="figure">{index + 1}</td>
              <th scope="row">
                {certificate.subject} <span class="dim small">{certificate.role}</span>
              </th>
              <td>{certificate.key}</td>
              <td class="figure">{formatDay(certificate.notAfter)}</td>
              <td class="number">
                <Figure value={certificate.bytes} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function describe(chain: ChainFacts, rows: readonly LimitRow[]): string {
  const sizes = chain.certificates.map(({ bytes }) => formatNumber(bytes)).join(', ')
  const limits = rows.map(
    ({ fleetName, margin }) =>
      `${fleetName}: ${formatNumber(margin.value)} of ${formatNumber(margin.limitValue)}, ${formatLeft(margin.left)}`,
  )
  return `Bytes of each certificate: ${sizes}. ${limits.join('; ')}.`
}
