import type { EndpointPage } from '../../src/api/contract.ts'
import type { Snapshot } from '../../src/fleet/snapshot.ts'
import { formatAmount, formatCount, formatLeft } from '../words/figures.ts'
import { limitWord } from '../words/states.ts'
import { gridStep, limitRows, scaleOf } from './ladder.ts'
import { LimitPicture, type Piece } from './limit-picture.tsx'

const recordLimits = ['recordBytes', 'handshakeRecordBytes', 'dataRecordBytes']

/** The largest records that were seen, against the buffers of the fleets. */
export function RecordStrip(props: {
  readonly snapshot: Snapshot | undefined
  readonly fleets: EndpointPage['fleets']
}) {
  const views = props.snapshot?.views ?? []
  const handshake = largest(views.map(({ handshakeRecordBytes }) => handshakeRecordBytes))
  const data = largest(views.map(({ dataRecordBytes }) => dataRecordBytes))
  const rows = limitRows(props.fleets, recordLimits)
  if (handshake === undefined && data === undefined && rows.length === 0) return null
  const scale = scaleOf([
    handshake ?? 0,
    data ?? 0,
    ...rows.flatMap(({ margin }) => [margin.limitValue, margin.value]),
  ])
  const lanes = [laneOf('data', data), laneOf('handshake', handshake)].filter((lane) => lane.length > 0)
  return (
    <section aria-labelledby="records">
      <h2 id="records">Records</h2>
      <figure class="ladder">
        <figcaption>
          {data === undefined ? (
            'No data record was seen'
          ) : (
            <>
              Largest data record <strong>{formatAmount(data)}</strong>
            </>
          )}
          {handshake === undefined ? (
            ''
          ) : (
            <span class="dim">, of the handshake {formatAmount(handshake)}</span>
          )}
          <span class="dim"> (plaintext)</span>
        </figcaption>
        {lanes.length === 0 && rows.length === 0 ? null : (
          <LimitPicture
            title={`Records against the buffers of ${formatCount(rows.length, 'fleet')}`}
            description={rows
              .map(({ fleetName, margin }) => `${fleetName}: ${formatLeft(margin.left)}`)
              .join('; ')}
            {...{ lanes, rows, scale }}
            step={gridStep(scale)}
            wordsOf={(row) => limitWord(row.margin.limit)}
          />
        )}
      </figure>
    </section>
  )
}

function laneOf(label: string, bytes: number | undefined): readonly Piece[] {
  return bytes === undefined
    ? []
    : [{ label, bytes, tip: `largest record of the ${label}, ${formatAmount(bytes)}` }]
}

function largest(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}
