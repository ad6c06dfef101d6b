import { useEffect, useState } from 'preact/hooks'
import type { AlertInfo } from '../../src/api/contract.ts'
import { type Severity, severities } from '../../src/fleet/condition.ts'
import { AskError, ask } from '../api/ask.ts'
import { useLive } from '../api/live.ts'
import { useAnswer } from '../api/use-answer.ts'
import { Empty, Fault, Waiting } from '../parts/notice.tsx'
import { formatRoute, replaceRoute } from '../route.ts'
import { formatNumber } from '../words/figures.ts'
import { severityLooks } from '../words/states.ts'
import { AlertCard } from './alert-card.tsx'

const pageSize = 50

export function AlertsPage({ query }: { readonly query: URLSearchParams }) {
  const [open, setOpen] = useState(query.get('show') !== 'closed')
  const [severity, setSeverity] = useState<Severity | undefined>()
  useEffect(() => {
    replaceRoute(['alerts'], { show: open ? undefined : 'closed' })
  }, [open])
  const { data, error, reload } = useAnswer<readonly AlertInfo[]>(`/alerts?open=${open}&limit=${pageSize}`)
  useLive(({ kind }) => kind === 'alert', reload)
  const older = useOlder(open, data)
  const all = [...(data ?? []), ...older.alerts]
  const shown = all
    .filter((alert) => severity === undefined || alert.severity === severity)
    // What is open is a list of what to do: the worst first. What is closed is a history.
    .sort((a, b) => (open ? severities.indexOf(a.severity) - severities.indexOf(b.severity) : 0))
  return (
    <div class="narrow">
      <div class="page-head">
        <h1>Alerts</h1>
        <fieldset class="choice">
          <legend class="unseen-text">Which</legend>
          <button type="button" aria-pressed={open} onClick={() => setOpen(true)}>
            Open
          </button>
          <button type="button" aria-pressed={!open} onClick={() => setOpen(false)}>
            Closed
          </button>
        </fieldset>
        <fieldset class="choice">
          <legend class="unseen-text">Severity</legend>
          {severities.map((one) => (
            <button
              key={one}
              type="button"
              aria-pressed={severity === one}
              onClick={() => setSeverity(severity === one ? undefined : one)}
            >
              {severityLooks[one].word}{' '}
              <span class="figure">{formatNumber(all.filter((alert) => alert.severity === one).length)}</span>
            </button>
          ))}
        </fieldset>
      </div>
      {error === undefined ? null : <Fault error={error} again={reload} />}
      {data === undefined && error === undefined ? <Waiting lines={10} what="Loading alerts" /> : null}
      <div aria-live="polite">
        {shown.map((alert) => (
          <AlertCard key={alert.id} alert={alert} changed={reload} />
        ))}
      </div>
      {data !== undefined && shown.length === 0 ? (
        <Empty title={open ? 'Nothing is wrong that anybody should know' : 'No alert has been closed yet'}>
          {open ? (
            <>
              One alert is raised for each cause, and told to the{' '}
              <a href={formatRoute(['settings', 'channels'])}>channels</a>.
            </>
          ) : (
            'An alert closes by itself when its cause is gone.'
          )}
        </Empty>
      ) : null}
      {older.more ? (
        <button type="button" onClick={older.load}>
          Older
        </button>
      ) : null}
      {older.error === undefined ? null : <Fault error={older.error} />}
    </div>
  )
}

/** What lies before the newest page; a new first page begins it anew. */
function useOlder(open: boolean, first: readonly AlertInfo[] | undefined) {
  const [alerts, setAlerts] = useState<readonly AlertInfo[]>([])
  const [more, setMore] = useState(false)
  const [error, setError] = useState<AskError>()
  useEffect(() => {
    setAlerts([])
    setMore((first?.length ?? 0) >= pageSize)
  }, [first])
  const last = alerts.at(-1) ?? first?.at(-1)
  const load = () => {
    if (last === undefined) return
    ask<readonly AlertInfo[]>(`/alerts?open=${open}&before=${last.id}&limit=${pageSize}`).then(
      (next) => {
        setAlerts((had) => [...had, ...next])
        setMore(next.length >= pageSize)
      },
      (fault: unknown) => setError(fault instanceof AskError ? fault : new AskError(0, String(fault))),
    )
  }
  return { alerts, more, error, load }
}
