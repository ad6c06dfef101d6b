import { useState } from 'preact/hooks'
import type { AlertInfo } from '../../src/api/contract.ts'
import { AskError, ask } from '../api/ask.ts'
import { EndpointLink } from '../parts/endpoint-link.tsx'
import { LookTag } from '../parts/tag.tsx'
import { Away, Minute } from '../parts/time.tsx'
import { useMay } from '../session.ts'
import { formatCount } from '../words/figures.ts'
import { severityLooks } from '../words/states.ts'

const spans = [
  ['1 hour', 3600],
  ['1 day', 86_400],
  ['1 week', 7 * 86_400],
  ['30 days', 30 * 86_400],
] as const

export function AlertCard(props: {
  readonly alert: AlertInfo
  /** Something was done to it. */
  readonly changed: () => void
  readonly withinEndpoint?: boolean
  /** Of its heading. */
  readonly level?: 2 | 3
}) {
  const { alert } = props
  const Heading = props.level === 3 ? 'h3' : 'h2'
  const closed = alert.recoveredAt !== undefined
  const failed = alert.deliveries.filter(({ state }) => state === 'given-up')
  return (
    <article
      class={closed ? 'card alert is-closed' : `card alert ${severityLooks[alert.severity].className}`}
    >
      <div class="alert-head">
        <LookTag look={severityLooks[alert.severity]} />
        <Heading class="name">{alert.title}</Heading>
        <span class="dim small">
          <Away at={alert.raisedAt} />
        </span>
      </div>
      <p class="name alert-text">{alert.text}</p>
      <p class="dim small">
        {props.withinEndpoint === true ? null : (
          <>
            <EndpointLink id={alert.endpointId} name={alert.endpointName} />
            {', '}
          </>
        )}
        {alert.condition.deviceCount === 0 ? null : `${formatCount(alert.condition.deviceCount, 'device')}, `}
        raised <Minute at={alert.raisedAt} />
        {alert.recoveredAt === undefined ? null : (
          <>
            , recovered <Minute at={alert.recoveredAt} />
          </>
        )}
        {alert.acknowledgedAt === undefined ? null : (
          <>
            , acknowledged{alert.acknowledgedBy === undefined ? '' : ` by ${alert.acknowledgedBy}`}{' '}
            <Minute at={alert.acknowledgedAt} />
          </>
        )}
        {alert.mutedUntil === undefined ? null : (
          <>
            , muted until <Minute at={alert.mutedUntil} />
          </>
        )}
        {alert.deliveries.length === 0
          ? null
          : `, told to ${[...new Set(alert.deliveries.filter(({ state }) => state === 'delivered').map(({ channelId }) => channelId))].join(', ') || 'nobody yet'}`}
      </p>
      {failed.length === 0 ? null : (
        <p class="small alert-undelivered">
          Not delivered to{' '}
          {failed
            .map(
              ({ channelId, lastError }) => `${channelId}${lastError === undefined ? '' : ` (${lastError})`}`,
            )
            .join(', ')}
          .
        </p>
      )}
      {closed ? null : <Steps alert={alert} changed={props.changed} />}
    </article>
  )
}

function Steps({ alert, changed }: { readonly alert: AlertInfo; readonly changed: () => void }) {
  const may = useMay('write')
  const [fault, setFault] = useState<AskError>()
  if (!may) return null
  const step = async (path: string, method: 'POST' | 'DELETE', body?: unknown) => {
    try {
      setFault(undefined)
      await ask(`/alerts/${alert.id}/${path}`, { method, body })
      changed()
    } catch (error) {
      setFault(error instanceof AskError ? error : new AskError(0, String(error)))
    }
  }
  const mute = (seconds: number) =>
    step('mute', 'POST', { until: new Date(Date.now() + seconds * 1000).toISOString() })
  return (
    <div class="buttons">
      {alert.acknowledgedAt === undefined ? (
        <button type="button" onClick={() => void step('acknowledge', 'POST')}>
          Acknowledge
        </button>
      ) : null}
      {alert.mutedUntil === undefined ? (
        <label>
          <span class="unseen-text">Mute {alert.title}</span>
          <select value="" onChange={(event) => void mute(Number(event.currentTarget.value))}>
            <option value="" disabled>
              Mute for…
            </option>
            {spans.map(([word, seconds]) => (
              <option key={seconds} value={seconds}>
                {word}
              </option>
            ))}
          </select>
        </label>
      ) : (
        <button type="button" onClick={() => void step('mute', 'DELETE')}>
          Unmute
        </button>
      )}
      {fault === undefined ? null : (
        <span class="small" role="alert">
          {fault.message}
        </span>
      )}
    </div>
  )
}
