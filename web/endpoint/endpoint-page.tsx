import { useState } from 'preact/hooks'
import type { AlertInfo, EndpointPage as Answer } from '../../src/api/contract.ts'
import { AlertCard } from '../alerts/alert-card.tsx'
import { AskError, ask } from '../api/ask.ts'
import { useLive } from '../api/live.ts'
import { useAnswer } from '../api/use-answer.ts'
import { Empty, Fault, Waiting } from '../parts/notice.tsx'
import { Away, Minute } from '../parts/time.tsx'
import { formatRoute } from '../route.ts'
import { useMay } from '../session.ts'
import { formatCount, formatSpan, formatTook } from '../words/figures.ts'
import { ChainLadder } from './chain-ladder.tsx'
import { ChangesList } from './changes-list.tsx'
import { FleetVerdicts } from './fleet-verdicts.tsx'
import { Handshake } from './handshake.tsx'
import { LastReport } from './last-report.tsx'
import { LoggedList } from './logged-list.tsx'
import { RecordStrip } from './record-strip.tsx'
import { SizeHistory } from './size-history.tsx'

export function EndpointPage({ id, query }: { readonly id: string; readonly query: URLSearchParams }) {
  const path = `/endpoints/${encodeURIComponent(id)}`
  const { data, error, loading, reload } = useAnswer<Answer>(path)
  useLive(({ endpointId }) => endpointId === id, reload)
  if (data === undefined) {
    if (error?.status === 404) return <Gone />
    return (
      <div class="narrow">
        {error === undefined || loading ? (
          <Waiting lines={12} what="Loading the endpoint" />
        ) : (
          <Fault error={error} again={reload} />
        )}
      </div>
    )
  }
  return (
    <div class="narrow endpoint">
      <Head data={data} reload={reload} />
      {error === undefined ? null : <Fault error={error} again={reload} />}
      {data.lastProbe?.failure === undefined ? null : (
        <div class="notice fault">
          <p>
            <strong>The last probe failed: {data.lastProbe.failure}.</strong> What stands here was seen
            before.
          </p>
        </div>
      )}
      {data.standings
        .filter(({ unreachedSince }) => unreachedSince !== undefined)
        .map(({ vantage, unreachedSince = '', failure }) => (
          <p key={vantage} class="notice fault">
            <strong>Not reached from {vantage}</strong> since <Minute at={unreachedSince} />
            {failure === undefined ? '' : `: ${failure}`}
          </p>
        ))}
      {data.alerts.map((alert) => (
        <AlertCard key={alert.id} alert={alert} changed={reload} withinEndpoint />
      ))}
      <section aria-labelledby="fleets">
        <h2 id="fleets">Fleets</h2>
        {data.standings.map(({ vantage, thoroughAt }) =>
          thoroughAt === undefined ? null : (
            <p key={vantage} class="dim small">
              Every hello was last sent{data.standings.length > 1 ? ` from ${vantage}` : ''} at{' '}
              <Minute at={thoroughAt} />
            </p>
          ),
        )}
        <FleetVerdicts fleets={data.fleets} chosen={query.get('fleet') ?? undefined} endpointId={id} />
      </section>
      <div class="sight">
        <div class="sight-sizes">
          <ChainLadder snapshot={data.snapshot} fleets={data.fleets} />
          <RecordStrip snapshot={data.snapshot} fleets={data.fleets} />
        </div>
        <Handshake endpointId={id} sight={sightOf(data)} />
      </div>
      <LoggedList logged={data.logged} />
      <SizeHistory endpointId={id} />
      <section aria-labelledby="changes">
        <h2 id="changes">Changes</h2>
        <ChangesList changes={data.changes} />
      </section>
      <LastReport
        endpointId={id}
        fleets={data.fleets}
        chosen={query.get('fleet') ?? undefined}
        seen={data.lastProbe !== undefined}
      />
      <PastAlerts id={id} reload={reload} />
    </div>
  )
}

/** Changes with what was seen, and with what that comes to. */
function sightOf({ snapshot, fleets }: Answer): string {
  return JSON.stringify([
    snapshot?.chains.map(({ digest }) => digest),
    snapshot?.views,
    fleets.map(({ verdict }) => [verdict?.state, verdict?.stage]),
  ])
}

function Head({ data, reload }: { readonly data: Answer; readonly reload: () => void }) {
  const { endpoint, lastProbe, snapshot } = data
  return (
    <header class="endpoint-head">
      <p class="small">
        <a href={formatRoute([])}>Overview</a>
      </p>
      <div class="page-head">
        <h1>{endpoint.name}</h1>
        <div class="end">
          <ProbeNow id={endpoint.id} done={reload} />
        </div>
      </div>
      {endpoint.target === endpoint.name ? null : (
        <p>
          <code>{endpoint.target}</code>
        </p>
      )}
      <dl class="line-facts">
        <div>
          <dt>Probed</dt>
          <dd>{lastProbe === undefined ? 'not yet' : <Away at={lastProbe.startedAt} />}</dd>
        </div>
        <div>
          <dt>Next</dt>
          <dd>
            <Away at={endpoint.dueAt} />, every {formatSpan(endpoint.everySeconds)}
          </dd>
        </div>
        {lastProbe === undefined ? null : (
          <div>
            <dt>Took</dt>
            <dd>
              {formatTook(lastProbe.durationMs)}, {formatCount(lastProbe.connections, 'connection')}
            </dd>
          </div>
        )}
        {snapshot === undefined ? null : (
          <>
            <div>
              <dt>Addresses</dt>
              <dd class="name">
                {snapshot.addresses.slice(0, 4).join(', ')}
                {snapshot.addresses.length > 4 ? ` and ${snapshot.addresses.length - 4} more` : ''}
              </dd>
            </div>
            <div>
              <dt>TLS</dt>
              <dd>{[...new Set(snapshot.views.flatMap(({ versions }) => versions))].join(', ') || '–'}</dd>
            </div>
          </>
        )}
        <div>
          <dt>From</dt>
          <dd>{endpoint.vantages.join(', ')}</dd>
        </div>
        {snapshot?.chains[0]?.certificates[0] === undefined ? null : (
          <div>
            <dt>Leaf ends</dt>
            <dd>
              <Minute at={snapshot.chains[0].certificates[0].notAfter} />
            </dd>
          </div>
        )}
      </dl>
    </header>
  )
}

function ProbeNow({ id, done }: { readonly id: string; readonly done: () => void }) {
  const may = useMay('write')
  const [state, setState] = useState<'idle' | 'asked'>('idle')
  const [fault, setFault] = useState<AskError>()
  if (!may) return null
  const probe = async () => {
    setState('asked')
    setFault(undefined)
    try {
      await ask(`/endpoints/${encodeURIComponent(id)}/probe`, { method: 'POST' })
      done()
    } catch (error) {
      setFault(error instanceof AskError ? error : new AskError(0, String(error)))
    } finally {
      setState('idle')
    }
  }
  return (
    <>
      {fault === undefined ? null : <span class="dim small">{fault.message} </span>}
      <button type="button" disabled={state === 'asked'} onClick={() => void probe()}>
        Probe now
      </button>
    </>
  )
}

function PastAlerts({ id, reload }: { readonly id: string; readonly reload: () => void }) {
  const { data } = useAnswer<readonly AlertInfo[]>(
    `/alerts?open=false&limit=20&endpoint=${encodeURIComponent(id)}`,
  )
  const past = data ?? []
  if (past.length === 0) return null
  return (
    <section aria-labelledby="past">
      <h2 id="past">Past alerts</h2>
      {past.map((alert) => (
        <AlertCard key={alert.id} alert={alert} changed={reload} withinEndpoint level={3} />
      ))}
    </section>
  )
}

function Gone() {
  return (
    <div class="narrow">
      <Empty title="No such endpoint is watched">
        It may have been taken out. <a href={formatRoute([])}>To the overview</a>
      </Empty>
    </div>
  )
}
