import type { ForecastInfo } from '../../src/api/contract.ts'
import { useAnswer } from '../api/use-answer.ts'
import { LoggedRows } from '../endpoint/logged-list.tsx'
import { EndpointLink } from '../parts/endpoint-link.tsx'
import { Empty, Fault, Waiting } from '../parts/notice.tsx'
import { LookTag } from '../parts/tag.tsx'
import { formatRoute } from '../route.ts'
import { formatCount, formatNumber } from '../words/figures.ts'
import { severityLooks } from '../words/states.ts'

type Row = ForecastInfo['rows'][number]

/** What changes of the calendar, and chains that are not live yet, will do to the fleets. */
export function ForecastPage() {
  const { data, error, reload } = useAnswer<ForecastInfo>('/forecast')
  const months = data === undefined ? [] : byDate(data.rows)
  return (
    <div class="narrow">
      <div class="page-head">
        <h1>Forecast</h1>
        <p class="dim">
          What is announced, and what was logged and is not served yet, judged today for the devices of the
          fleets.
        </p>
      </div>
      {error === undefined ? null : <Fault error={error} again={reload} />}
      {data === undefined && error === undefined ? <Waiting lines={8} what="Loading the forecast" /> : null}
      {data !== undefined && months.length === 0 ? (
        <Empty title="No change that is known of stops any fleet">
          Of endpoints that have not been reached yet nothing is said. Chains that are not live yet can be
          judged in the <a href={formatRoute(['playground'])}>playground</a>.
        </Empty>
      ) : null}
      <ol class="timeline">
        {months.map(([date, rows]) => (
          <li key={date}>
            <h2 class="timeline-date">{date}</h2>
            <div>
              {rows.map((row) => (
                <ForecastRow key={`${row.endpointId} ${row.condition.cause}`} row={row} />
              ))}
            </div>
          </li>
        ))}
      </ol>
      {data === undefined ? null : <Unjudged {...data} />}
    </div>
  )
}

/** What the logs have for a host, and nothing is said of above. */
function Unjudged({ unjudged, unjudgedMore }: Pick<ForecastInfo, 'unjudged' | 'unjudgedMore'>) {
  if (unjudged.length === 0) return null
  return (
    <section aria-labelledby="unjudged">
      <h2 id="unjudged">Logged, not judged</h2>
      <p class="dim small">
        Certificate Transparency has these for the hosts of endpoints, newer than what they serve. What a
        server would send with them is not known, so nothing above speaks for them.
      </p>
      {unjudged.map(({ endpointId, endpointName, logged }) => (
        <article class="card" key={endpointId}>
          <h3 class="name">
            <EndpointLink id={endpointId} name={endpointName} />
          </h3>
          <LoggedRows logged={logged} />
        </article>
      ))}
      {unjudgedMore === 0 ? null : (
        <p class="dim">
          {formatCount(unjudgedMore, 'more endpoint')} with such: each on its page, and in the API.
        </p>
      )}
    </section>
  )
}

function ForecastRow({ row }: { readonly row: Row }) {
  const { condition } = row
  const detail = condition.kind === 'forecast' ? condition.detail : undefined
  return (
    <article class="card">
      <div class="alert-head">
        <LookTag look={severityLooks[condition.severity]} />
        <h3 class="name">
          <EndpointLink id={row.endpointId} name={row.endpointName} />
        </h3>
        <span class="dim small">{formatCount(condition.deviceCount, 'device')}</span>
      </div>
      <p class="name">
        <strong>{row.title}</strong>
      </p>
      <p class="name alert-text">{row.text}</p>
      {detail === undefined ? null : (
        <p class="dim small">
          {detail.title}
          {detail.certain ? '' : '; it leans so, and is not certain'}
          {detail.bytesBefore === undefined || detail.bytesAfter === undefined
            ? ''
            : `; chain ${formatNumber(detail.bytesBefore)} → ${formatNumber(detail.bytesAfter)} B`}
          {detail.avoidedBy.length === 0 ? '' : `; avoided by ${detail.avoidedBy.join(', ')}`}
        </p>
      )}
    </article>
  )
}

function byDate(rows: readonly Row[]): [string, Row[]][] {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const date = row.condition.kind === 'forecast' ? (row.condition.detail.date ?? 'no date') : 'no date'
    const group = groups.get(date)
    if (group === undefined) groups.set(date, [row])
    else group.push(row)
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1))
}
