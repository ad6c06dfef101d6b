import type { EndpointPage } from '../../src/api/contract.ts'
import type { FindingSummary, MarginSummary } from '../../src/fleet/verdict-summary.ts'
import { Empty } from '../parts/notice.tsx'
import { StateTag } from '../parts/tag.tsx'
import { Minute } from '../parts/time.tsx'
import { formatRoute } from '../route.ts'
import { formatAmount, formatCount, formatLeft, formatShare } from '../words/figures.ts'
import { countingWords, fixWord, limitWord, missingWords, stageWords } from '../words/states.ts'

type Fleets = EndpointPage['fleets']

/** A card for each fleet: what it comes to, why, and what mends it. */
export function FleetVerdicts(props: {
  readonly fleets: Fleets
  readonly chosen: string | undefined
  readonly endpointId: string
}) {
  if (props.fleets.length === 0) {
    return (
      <Empty title="No fleet uses this endpoint">
        <a href={formatRoute(['settings', 'fleets'])}>Add a fleet</a>: a device type, how many there are, and
        what they hold.
      </Empty>
    )
  }
  const worst = [...props.fleets].sort((a, b) => weight(a) - weight(b))
  return (
    <ul class="fleet-cards">
      {worst.map((fleet) => (
        <li
          key={`${fleet.id} ${fleet.vantage}`}
          class={fleet.id === props.chosen ? 'card is-chosen' : 'card'}
        >
          <FleetCard fleet={fleet} />
        </li>
      ))}
    </ul>
  )
}

function FleetCard({ fleet }: { readonly fleet: Fleets[number] }) {
  const { verdict } = fleet
  const found = verdict?.findings.filter(({ effect }) => effect !== 'info') ?? []
  return (
    <>
      <div class="fleet-card-head">
        <h3 class="name">{fleet.name}</h3>
        <StateTag state={verdict?.state ?? 'unseen'} />
      </div>
      <p class="dim small name">
        <a href={formatRoute(['devices', fleet.device])}>{fleet.device}</a>,{' '}
        {formatCount(fleet.count, 'device')}
        {fleet.vantage === 'local' ? '' : `, from ${fleet.vantage}`}
        {fleet.since === undefined ? null : (
          <>
            , since <Minute at={fleet.since} />
          </>
        )}
      </p>
      {verdict === undefined ? <p class="dim">Not judged yet: the first probe is on its way.</p> : null}
      {verdict?.leans === undefined ? null : (
        <p class="small">What is known speaks for {verdict.leans === 'fits' ? 'a fit' : 'a stop'}.</p>
      )}
      {verdict?.nearest === undefined ? null : <Nearest margin={verdict.nearest} />}
      {found.length === 0 ? null : (
        <ul class="findings">
          {found.map((finding) => (
            <FindingItem key={`${finding.id} ${finding.stage} ${finding.sentence}`} finding={finding} />
          ))}
        </ul>
      )}
      {verdict?.missing.length ? (
        <p class="dim small">
          What would settle it:{' '}
          {[...new Set(verdict.missing.map(({ needs }) => missingWords[needs]))].join('; ')}.
        </p>
      ) : null}
    </>
  )
}

/** How full the nearest limit is, as a bar and in numbers. */
function Nearest({ margin }: { readonly margin: MarginSummary }) {
  const full = Math.min(1, margin.value / margin.limitValue)
  return (
    <div class="nearest">
      <div class="gauge" aria-hidden="true">
        <span
          class={margin.left < 0 ? 'gauge-fill over' : 'gauge-fill'}
          style={{ width: `${full * 100}%` }}
        />
      </div>
      <p class="small">
        <strong>{formatLeft(margin.left, margin.unit)}</strong>{' '}
        <span class="dim">
          {margin.left < 0 ? '' : `(${formatShare(margin.room)}) `}
          {limitWord(margin.limit)}, {countingWords[margin.counts] ?? margin.counts}:{' '}
          {formatAmount(margin.value, margin.unit)} of {formatAmount(margin.limitValue, margin.unit)}
        </span>
      </p>
    </div>
  )
}

const effects = { blocks: 'stops', risks: 'risk', unknown: 'open', info: 'note' } as const

function FindingItem({ finding }: { readonly finding: FindingSummary }) {
  return (
    <li class={`finding ${finding.effect}`}>
      <p>
        <span class="finding-effect">
          {effects[finding.effect]}, {stageWords[finding.stage] ?? finding.stage}
        </span>{' '}
        {finding.sentence}
        {finding.reached ? null : <span class="dim"> Met only once what stops it before is mended.</span>}
      </p>
      {finding.fixes.length === 0 ? null : (
        <p class="small fixes">
          {finding.fixes.map((id) => (
            <span key={id}>{fixWord(id)}</span>
          ))}
        </p>
      )}
    </li>
  )
}

const weights = { blocked: 0, 'at-risk': 1, undecided: 2, fits: 3 } as const

/** Worst first, then the least room. */
function weight({ verdict }: Fleets[number]): number {
  return verdict === undefined ? 10 : weights[verdict.state] * 2 + Math.min(verdict.room ?? 1, 1)
}
