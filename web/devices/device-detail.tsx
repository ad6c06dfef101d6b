import type { ComponentChildren } from 'preact'
import { useAnswer } from '../api/use-answer.ts'
import { Fault, Waiting } from '../parts/notice.tsx'
import { formatRoute } from '../route.ts'
import type { ErrorWords, FieldStory, Known, KnownDevice, Measure, Quirk } from './known.ts'

/** One device: each value with its source, what was seen in the field, and how to learn the rest. */
export function DeviceDetail({ id }: { readonly id: string }) {
  const { data, error, reload } = useAnswer<KnownDevice>(`/devices/${encodeURIComponent(id)}`)
  return (
    <div class="narrow">
      <p class="small">
        <a href={formatRoute(['devices'])}>Devices</a>
      </p>
      <div class="page-head">
        <h1>{data?.device.name ?? id}</h1>
        <code class="dim">{data?.device.id ?? id}</code>
      </div>
      {error === undefined ? null : <Fault error={error} again={reload} />}
      {data === undefined && error === undefined ? <Waiting lines={10} what="Loading the device" /> : null}
      {data === undefined ? null : (
        <>
          {data.sections.map(({ group, title, values }) => (
            <Rows key={group} title={title} empty="Nothing is known of it.">
              {values.map((value) => (
                <KnownRow key={value.part} known={value} />
              ))}
            </Rows>
          ))}
          <Rows title="seen in the field" empty="No endpoint is known that it took or refused.">
            {data.field.map((story) => (
              <FieldRow key={story.id} story={story} />
            ))}
          </Rows>
          <Rows title="what it shows when it fails" empty="Nothing is known of what it prints.">
            {data.device.errors.map((words, index) => (
              <ErrorRow key={index} words={words} />
            ))}
          </Rows>
          <Rows title="peculiar to it" empty="Nothing else is known of it.">
            {data.device.quirks.map((quirk) => (
              <QuirkRow key={quirk.value} quirk={quirk} />
            ))}
          </Rows>
          <Rows title="not known, and how to learn it" empty="All is known that a profile may say.">
            {data.measures.map((measure) => (
              <MeasureRow key={measure.recipe} measure={measure} />
            ))}
          </Rows>
        </>
      )}
    </div>
  )
}

function Rows(props: {
  readonly title: string
  readonly empty: string
  readonly children: readonly ComponentChildren[]
}) {
  const title = `${props.title[0]?.toUpperCase() ?? ''}${props.title.slice(1)}`
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      {props.children.length === 0 ? (
        <p class="dim">{props.empty}</p>
      ) : (
        <ul class="known">{props.children}</ul>
      )}
    </section>
  )
}

function KnownRow({ known: { name, value, more, note, confidence, source } }: { readonly known: Known }) {
  return (
    <li>
      <span class="known-name">{name}</span>
      <span>
        <span class="known-value">{value}</span>
        <Lines lines={more} />
      </span>
      <Source confidence={confidence} source={source} note={note} />
    </li>
  )
}

function FieldRow({ story }: { readonly story: FieldStory }) {
  const { outcome, endpoint, seen, words, confidence, source } = story
  const look = outcome === 'accepted' ? { name: 'is-fit', sign: '✓' } : { name: 'is-blocked', sign: '✕' }
  return (
    <li>
      <span>
        <span class={`tag ${look.name}`}>
          {look.sign} {outcome}
        </span>
      </span>
      <span>
        {endpoint}
        <Lines lines={[`seen ${seen}`, ...words]} />
      </span>
      <Source confidence={confidence} source={source} note={null} />
    </li>
  )
}

function ErrorRow({
  words: { when, code, log, detail, confidence, source },
}: {
  readonly words: ErrorWords
}) {
  return (
    <li>
      <span class="known-name">{when.join(', ')}</span>
      <span>
        <span class="known-value">{code}</span>
        {log === null ? null : <pre class="known-lines">{log}</pre>}
        <Lines lines={detail === null ? [] : [detail]} />
      </span>
      <Source confidence={confidence} source={source} note={null} />
    </li>
  )
}

function QuirkRow({ quirk: { value, note, confidence, source } }: { readonly quirk: Quirk }) {
  return (
    <li class="known-quirk">
      <span>{value}</span>
      <Source confidence={confidence} source={source} note={note} />
    </li>
  )
}

function MeasureRow({ measure: { title, commands, settles } }: { readonly measure: Measure }) {
  return (
    <li>
      <span class="known-name">{title}</span>
      <pre class="known-lines">{commands.join('\n')}</pre>
      <span>
        <Lines lines={settles.map(({ question }) => question)} />
      </span>
    </li>
  )
}

function Lines({ lines }: { readonly lines: readonly string[] }) {
  return (
    <>
      {lines.map((line) => (
        <span key={line} class="small dim known-note">
          {line}
        </span>
      ))}
    </>
  )
}

function Source(props: {
  readonly confidence: string
  readonly source: string
  readonly note: string | null
}) {
  return (
    <span class="small dim">
      <span class="tag is-unseen">{props.confidence}</span> {props.source}
      {props.note === null ? null : <span class="known-note">{props.note}</span>}
    </span>
  )
}
