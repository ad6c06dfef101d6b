import { useEffect, useRef, useState } from 'preact/hooks'
import type { EndpointHistory, SizeSeries } from '../../src/api/contract.ts'
import { useAnswer } from '../api/use-answer.ts'
import { Empty, Fault } from '../parts/notice.tsx'
import { formatAmount, formatCount, formatDay } from '../words/figures.ts'

const spans = [7, 30, 90, 365] as const
const names: { readonly [Of in SizeSeries['of']]: string } = {
  chain: 'chain',
  certificate: 'largest certificate',
  'handshake-record': 'handshake record',
  'data-record': 'data record',
}

/** Sizes over time, one step at each change of them, with the changes marked. */
export function SizeHistory({ endpointId }: { readonly endpointId: string }) {
  const [days, setDays] = useState<number>(90)
  const { data, error, reload } = useAnswer<EndpointHistory>(
    `/endpoints/${encodeURIComponent(endpointId)}/history?days=${days}`,
  )
  const series = data?.series.filter(({ points }) => points.length > 0) ?? []
  return (
    <section aria-labelledby="sizes">
      <div class="section-head">
        <h2 id="sizes">Sizes over time</h2>
        <fieldset class="choice">
          <legend class="unseen-text">How far back</legend>
          {spans.map((span) => (
            <button key={span} type="button" aria-pressed={span === days} onClick={() => setDays(span)}>
              {span === 365 ? '1 y' : `${span} d`}
            </button>
          ))}
        </fieldset>
      </div>
      {error === undefined ? null : <Fault error={error} again={reload} />}
      <div class="chart-place">
        {data === undefined || series.length === 0 ? null : <Chart {...{ data, series, days }} />}
        {data !== undefined && series.length === 0 ? (
          <Empty title="No sizes yet">One point for each change, from the first probe on.</Empty>
        ) : null}
      </div>
      {data === undefined ? null : (
        <ul class="chart-legend small">
          {series.map((one, index) => (
            <li key={`${one.vantage} ${one.of}`}>
              <span class={`key key-${index % 4}`} aria-hidden="true" /> {names[one.of]}
              {one.vantage === 'local' ? '' : ` from ${one.vantage}`}{' '}
              <strong>{formatAmount(one.points.at(-1)?.[1] ?? 0)}</strong>
            </li>
          ))}
          {data.changes.length === 0 ? null : (
            <li>
              <span class="key key-change" aria-hidden="true" /> {formatCount(data.changes.length, 'change')}
            </li>
          )}
        </ul>
      )}
    </section>
  )
}

function Chart(props: {
  readonly data: EndpointHistory
  readonly series: readonly SizeSeries[]
  readonly days: number
}) {
  const place = useRef<HTMLDivElement>(null)
  const { data, series, days } = props
  useEffect(() => {
    let drawn: { destroy(): void } | undefined
    let left = false
    // Loaded when it is needed: most visits end at the overview.
    import('./size-chart.ts').then(({ drawSizes }) => {
      if (!left && place.current !== null) drawn = drawSizes(place.current, data, series, days)
    })
    return () => {
      left = true
      drawn?.destroy()
    }
  }, [data, series, days])
  const last = data.changes[0]
  const said = series
    .map(({ of, points }) => `${names[of]} ${formatAmount(points.at(-1)?.[1] ?? 0)}`)
    .join(', ')
  return (
    <div
      class="chart"
      ref={place}
      role="img"
      aria-label={`Sizes over ${days} days: ${said}; ${formatCount(data.changes.length, 'change')}${
        last === undefined ? '' : `, the last on ${formatDay(last.at)}`
      }`}
    />
  )
}
