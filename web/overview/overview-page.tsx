import { useEffect, useState } from 'preact/hooks'
import type { Overview } from '../../src/api/contract.ts'
import { useLive } from '../api/live.ts'
import { Empty, Fault, Waiting } from '../parts/notice.tsx'
import { formatRoute, replaceRoute } from '../route.ts'
import { formatCount, formatNumber } from '../words/figures.ts'
import { stateLooks, stateOrder } from '../words/states.ts'
import { HeatMap } from './heat-map.tsx'
import { useRowPages } from './row-pages.ts'

type Filter = (typeof stateOrder)[number]

export function OverviewPage({ query }: { readonly query: URLSearchParams }) {
  const [typed, setTyped] = useState(query.get('q') ?? '')
  const [search, setSearch] = useState(typed)
  const [state, setState] = useState<Filter | ''>(
    () => stateOrder.find((one) => one === query.get('state')) ?? '',
  )
  const [sort, setSort] = useState(query.get('sort') ?? 'room')
  useEffect(() => {
    const timer = setTimeout(() => setSearch(typed.trim()), 200)
    return () => clearTimeout(timer)
  }, [typed])
  useEffect(() => {
    replaceRoute([], { q: search, state, sort: sort === 'room' ? undefined : sort })
  }, [search, state, sort])

  const asked = new URLSearchParams({
    sort,
    ...(state === '' ? {} : { state }),
    ...(search === '' ? {} : { q: search }),
  }).toString()
  const pages = useRowPages(asked)
  useLive(({ kind }) => kind !== 'alert', pages.reload, 3000)
  const { head } = pages
  const filtered = state !== '' || search !== ''
  const none = head !== undefined && head.total === 0 && !filtered
  return (
    <div class="overview">
      <h1 class="unseen-text">Overview</h1>
      <Counts {...{ head, state, setState }} />
      <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
        <label>
          <span class="unseen-text">Search endpoints</span>
          <input
            type="search"
            placeholder="Search endpoints"
            value={typed}
            maxLength={200}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
        </label>
        <label>
          <span class="unseen-text">Sort</span>
          <select value={sort} onChange={(event) => setSort(event.currentTarget.value)}>
            <option value="room">nearest limit first</option>
            <option value="state">worst state first</option>
            <option value="name">by name</option>
          </select>
        </label>
        <span class="dim" role="status">
          {head === undefined ? '' : `${formatCount(head.total, 'endpoint')}${filtered ? ' found' : ''}`}
        </span>
        <Legend />
      </form>
      {pages.error === undefined ? null : <Fault error={pages.error} again={pages.reload} />}
      {none ? (
        <Empty title="Nothing is watched yet">
          <a href={formatRoute(['settings', 'endpoints'])}>Add an endpoint and a fleet</a>, or write them into{' '}
          <code>watch.yaml</code>: it is read again without a restart.
        </Empty>
      ) : head !== undefined && head.total === 0 ? (
        <Empty title="No endpoint is like that">
          <button
            type="button"
            onClick={() => {
              setTyped('')
              setSearch('')
              setState('')
            }}
          >
            Show all
          </button>
        </Empty>
      ) : head === undefined ? (
        <HeatWaiting />
      ) : (
        <HeatMap key={asked} fleets={head.fleets} total={head.total} row={pages.row} show={pages.show} />
      )}
    </div>
  )
}

/** The place of the heat map. How high its heads are is not known yet: rows below them would be pushed down. */
function HeatWaiting() {
  return (
    <div class="heat-waiting">
      <Waiting lines={10} what="Loading the endpoints" />
    </div>
  )
}

/** How many endpoints are in which state; each is a filter too. */
function Counts(props: {
  readonly head: Overview | undefined
  readonly state: Filter | ''
  readonly setState: (state: Filter | '') => void
}) {
  const { head, state, setState } = props
  return (
    <div class="counts">
      <fieldset class="count-states">
        <legend class="unseen-text">Endpoints by their worst state</legend>
        {stateOrder.map((one) => (
          <button
            key={one}
            type="button"
            class={one === 'blocked' && (head?.states.blocked ?? 0) > 0 ? 'count-of has-blocked' : 'count-of'}
            aria-pressed={state === one}
            onClick={() => setState(state === one ? '' : one)}
          >
            <span class="count-figure">{head === undefined ? '–' : formatNumber(head.states[one])}</span>
            <span class="count-word">
              <span class="sign" aria-hidden="true">
                {stateLooks[one].sign}
              </span>
              {stateLooks[one].word}
            </span>
          </button>
        ))}
      </fieldset>
      <dl class="count-facts">
        <div class={(head?.blockedDevices ?? 0) > 0 ? 'has-blocked' : ''}>
          <dd class="count-figure">{head === undefined ? '–' : formatNumber(head.blockedDevices)}</dd>
          <dt>devices blocked somewhere</dt>
        </div>
        <div>
          <dd class="count-figure">
            <a href={formatRoute(['alerts'])}>
              {head === undefined
                ? '–'
                : formatNumber(head.openAlerts.critical + head.openAlerts.warning + head.openAlerts.info)}
            </a>
          </dd>
          <dt>open alerts, {head === undefined ? '–' : formatNumber(head.openAlerts.critical)} critical</dt>
        </div>
      </dl>
    </div>
  )
}

function Legend() {
  return (
    <div class="legend" aria-hidden="true">
      <span class="dim">room left</span>
      <span class="cell near-0">50%+</span>
      <span class="cell near-1">25</span>
      <span class="cell near-2">10</span>
      <span class="cell near-3">5</span>
      <span class="cell near-4">0</span>
      <span class="cell is-risk">!</span>
      <span class="cell is-blocked">✕</span>
      <span class="cell is-open">?</span>
    </div>
  )
}
