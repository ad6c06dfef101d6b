import { useEffect, useRef } from 'preact/hooks'
import type { EndpointHandshake } from '../../src/api/contract.ts'
import type { WireArrow, WireStop, WireStory } from '../../src/report/wire-story.ts'
import { useAnswer } from '../api/use-answer.ts'
import { Empty, Fault, Waiting } from '../parts/notice.tsx'
import { formatAmount, formatCount, formatNames, formatTook } from '../words/figures.ts'
import { stageWords } from '../words/states.ts'

/** What device and server said at the last sight, one under the other, with the point where each fleet stops. */
export function Handshake({ endpointId, sight }: { readonly endpointId: string; readonly sight: string }) {
  const { data, error, reload } = useAnswer<EndpointHandshake>(
    `/endpoints/${encodeURIComponent(endpointId)}/handshake`,
  )
  const drawn = useRef(sight)
  useEffect(() => {
    // Asked again only where another sight came to something else: it is judged anew each time.
    if (drawn.current !== sight) reload()
    drawn.current = sight
  }, [sight, reload])
  return (
    <section class="handshake" aria-labelledby="handshake">
      <h2 id="handshake">Handshake</h2>
      {data === undefined ? (
        error === undefined ? (
          <Waiting lines={14} what="Loading the handshake" />
        ) : error.status === 404 ? (
          <Empty title="No handshake seen yet">It is drawn here after the first probe.</Empty>
        ) : (
          <Fault error={error} again={reload} />
        )
      ) : data.stories.length === 0 ? (
        <Empty title="Nothing was said">The last sight got no further than the connection.</Empty>
      ) : (
        data.stories.map((story, index) => (
          <Story
            key={`${story.where} ${story.who.join()} ${index}`}
            story={story}
            named={data.stories.length > 1}
          />
        ))
      )}
      {data === undefined || data.hidden === 0 ? null : (
        <p class="dim small">
          {formatCount(data.hidden, 'more connection')} of fleets that are answered differently: see the
          report of one fleet.
        </p>
      )}
    </section>
  )
}

function Story({ story, named }: { readonly story: WireStory; readonly named: boolean }) {
  return (
    <figure class="wire">
      <figcaption class="small">
        {named ? <strong>{formatNames(story.who, 4)} </strong> : null}
        <span class="dim name">{story.where}</span>
      </figcaption>
      <div class="wire-ends small" aria-hidden="true">
        <span>device</span>
        <span>server</span>
      </div>
      <ol class="wire-rows">
        {story.rows.map((row, index) =>
          // Rows have no name of their own, and are drawn anew together.
          row.kind === 'arrow' ? <Arrow key={index} row={row} /> : <Stop key={index} row={row} />,
        )}
      </ol>
    </figure>
  )
}

function Arrow({ row }: { readonly row: WireArrow }) {
  const { sent, text, after, messageBytes, records = 1, atMs } = row
  return (
    <li class={`wire-arrow ${sent ? 'is-sent' : 'is-received'}${after ? ' is-after' : ''}`}>
      <span class="name">
        <span class="unseen-text">{sent ? 'The device: ' : 'The server: '}</span>
        {text}
        {after ? <span class="unseen-text"> (after the stop)</span> : null}
      </span>
      {atMs === undefined ? null : (
        <span class="wire-figures">
          {messageBytes === undefined ? '' : `${formatAmount(messageBytes)} `}
          {records > 1 ? `in ${formatCount(records, 'record')} ` : ''}
          <span class="dim">{formatTook(atMs)}</span>
        </span>
      )}
    </li>
  )
}

function Stop({ row }: { readonly row: WireStop }) {
  const { certain, later, who, stage, shows } = row
  const where = later ? 'on a later connection' : 'here'
  return (
    <li class={certain ? 'wire-stop' : 'wire-stop is-open'}>
      <strong>
        <span class="sign">{certain ? '✕' : '?'}</span>{' '}
        {certain ? `Stopped ${where}` : later ? 'A later connection is open' : 'Open whether it goes on'}
      </strong>
      {stage === undefined ? '' : `, ${stageWords[stage] ?? stage}`}: {formatNames(who, 6)}
      {shows === undefined ? null : (
        <span class="wire-shows">
          {certain ? 'it shows ' : 'it would show '}
          {shows.code}
          {shows.log === undefined ? null : <code>{shows.log}</code>}
        </span>
      )}
    </li>
  )
}
