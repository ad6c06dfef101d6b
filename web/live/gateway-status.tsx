import { useRef } from 'preact/hooks'
import type { GatewayStatus, Tally } from '../../src/api/views/view-contract.ts'
import { LookTag } from '../parts/tag.tsx'
import { formatBytes, formatCount, formatNumber, formatShare } from '../words/figures.ts'
import type { Look } from '../words/states.ts'

const looks: { readonly [S in GatewayStatus['state']]: Look } = {
  ok: { className: 'is-fit', sign: '✓', word: 'ok' },
  degraded: { className: 'is-risk', sign: '!', word: 'degraded' },
  stopping: { className: 'is-unseen', sign: '·', word: 'stopping' },
}

/** Figures since the gateway began, and how many came while one looks. */
export function GatewayStatusView({ status }: { readonly status: GatewayStatus }) {
  const first = useRef(status)
  // A gateway that began anew counts from nothing.
  if (status.handshakes < first.current.handshakes) first.current = status
  const since = first.current
  const { workers, faults, cache, versions, listeners, statuses, denied, errors, upstreams } = status
  const all = status.handshakes + status.failures
  return (
    <>
      <p class="view-state">
        <LookTag look={looks[status.state]} />{' '}
        <span class="dim">
          {formatNumber(workers.running)} of {formatCount(workers.wanted, 'process', 'processes')} running
        </span>
      </p>
      {faults.map((fault) => (
        <p key={fault} class="notice fault name">
          {fault}
        </p>
      ))}
      <dl class="view-figures">
        <Fact word="connections now" value={formatNumber(status.connections)} />
        <Fact
          word="handshakes"
          value={formatNumber(status.handshakes)}
          more={status.handshakes - since.handshakes}
        />
        <Fact
          word={all === 0 ? 'failed' : `failed, ${formatShare(status.failures / all)}`}
          value={formatNumber(status.failures)}
          more={status.failures - since.failures}
          bad={status.failures > since.failures}
        />
        <Fact word="resumed" value={formatNumber(status.resumed)} more={status.resumed - since.resumed} />
        <Fact
          word="responses"
          value={formatNumber(status.requests)}
          more={status.requests - since.requests}
        />
        <Fact word="sent to devices" value={formatBytes(status.bytesSent)} />
        <Fact word="handshake bytes saved" value={formatBytes(status.bytesSaved)} />
      </dl>
      <div class="view-tables">
        <Bars title="Versions" none="No handshake yet" rows={versions} />
        <Bars title="Connections now, by listener" none="None" rows={listeners} />
        <Bars title="Responses by status" none="None yet" rows={statuses} />
        <Bars title="Denied" none="Nothing was denied" rows={denied} />
      </div>
      <h3>Handshakes that failed, by device</h3>
      {errors.length === 0 ? (
        <p class="dim">None since the gateway began.</p>
      ) : (
        <Table
          label="Handshakes that failed"
          heads={['Device', 'Cause', 'How it ended', 'Times']}
          rows={errors.map(({ device, finding, how, count }) => [
            device,
            finding.replaceAll('-', ' '),
            how,
            formatNumber(count),
          ])}
        />
      )}
      <h3>Upstreams that did not answer</h3>
      {upstreams.length === 0 ? (
        <p class="dim">All answered since the gateway began.</p>
      ) : (
        <Table
          label="Upstreams that did not answer"
          heads={['Upstream', 'Why', 'Times']}
          rows={upstreams.map(({ upstream, code, count }) => [upstream, code, formatNumber(count)])}
        />
      )}
      <h3>Cache</h3>
      {cache === undefined ? (
        <p class="dim">It keeps nothing.</p>
      ) : (
        <dl class="view-figures">
          <Fact word="served from it" value={formatBytes(cache.bytesServed)} />
          <Fact word="fetched into it" value={formatBytes(cache.bytesFetched)} />
          <Fact word="files fetched" value={formatNumber(cache.fills)} />
          <Fact word="found unchanged" value={formatNumber(cache.revalidations)} />
          <Fact word="refused, not to serve wrong bytes" value={formatNumber(cache.refused)} />
        </dl>
      )}
    </>
  )
}

function Fact(props: {
  readonly word: string
  readonly value: string
  readonly more?: number
  readonly bad?: boolean
}) {
  const { word, value, more = 0, bad = false } = props
  return (
    <div>
      <dt>{word}</dt>
      <dd>
        {value}{' '}
        <span class={bad ? 'view-more is-bad' : 'view-more'}>
          {more > 0 ? `+${formatNumber(more)} while you look` : ''}
        </span>
      </dd>
    </div>
  )
}

function Bars(props: { readonly title: string; readonly none: string; readonly rows: readonly Tally[] }) {
  const most = Math.max(1, ...props.rows.map(({ count }) => count))
  return (
    <div>
      <h3>{props.title}</h3>
      {props.rows.length === 0 ? (
        <p class="dim small">{props.none}</p>
      ) : (
        <ul class="view-bars">
          {props.rows.map(({ name, count }) => (
            <li key={name}>
              <span class="name">{name === '' ? 'unknown' : name}</span>
              <span class="view-bar" aria-hidden="true">
                <span style={{ width: `${(100 * count) / most}%` }} />
              </span>
              <span class="figure">{formatNumber(count)}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}

function Table(props: {
  readonly label: string
  readonly heads: readonly string[]
  readonly rows: readonly (readonly string[])[]
}) {
  const last = props.heads.length - 1
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <div class="wide" tabIndex={0} role="group" aria-label={props.label}>
      <table>
        <thead>
          <tr>
            {props.heads.map((head, index) => (
              <th key={head} scope="col" class={index === last ? 'number' : ''}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map((row) => (
            <tr key={row.join('\u0000')}>
              {row.map((cell, index) => (
                <td key={props.heads[index]} class={index === last ? 'number figure' : 'name'}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
