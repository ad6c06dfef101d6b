import { useAnswer } from '../api/use-answer.ts'
import { Fault, Waiting } from '../parts/notice.tsx'
import { formatRoute } from '../route.ts'
import { formatNumber } from '../words/figures.ts'
import { limitWord } from '../words/states.ts'
import { type Known, knownOf } from './known.ts'

/** One device: each value with its source. */
export function DeviceDetail({ id }: { readonly id: string }) {
  const { data, error, reload } = useAnswer<unknown>(`/devices/${encodeURIComponent(id)}`)
  const known = data === undefined ? undefined : knownOf(data)
  return (
    <div class="narrow">
      <p class="small">
        <a href={formatRoute(['devices'])}>Devices</a>
      </p>
      <div class="page-head">
        <h1>{known?.name ?? id}</h1>
        <code class="dim">{known?.id ?? id}</code>
      </div>
      {error === undefined ? null : <Fault error={error} again={reload} />}
      {data === undefined && error === undefined ? <Waiting lines={10} what="Loading the device" /> : null}
      {known === undefined ? null : (
        <>
          <KnownTable title="Limits" rows={known.limits} empty="No limit is known." words={limitWord} />
          <KnownTable
            title="Hello"
            rows={known.hello}
            empty="What it sends is not known."
            words={knownWord}
          />
          <KnownTable
            title="Behaviour"
            rows={known.rest}
            empty="Nothing is known of how it behaves."
            words={knownWord}
          />
        </>
      )}
    </div>
  )
}

/** Keys of a profile that say little by themselves. */
const words: { readonly [key: string]: string } = {
  sni: 'SNI',
  peer: "verification of the server's chain",
  name: "verification of the server's name",
  protocolLevel: 'MQTT protocol level',
}

function knownWord(key: string): string {
  return words[key] ?? limitWord(key)
}

function KnownTable(props: {
  readonly title: string
  readonly rows: readonly Known[]
  readonly empty: string
  readonly words: (name: string) => string
}) {
  return (
    <section aria-label={props.title}>
      <h2>{props.title}</h2>
      {props.rows.length === 0 ? (
        <p class="dim">{props.empty}</p>
      ) : (
        <ul class="known">
          {props.rows.map((row) => (
            <li key={row.name}>
              <span class="known-name">{props.words(row.name)}</span>
              <span class="known-value">
                {row.value
                  .map((value) => (typeof value === 'number' ? formatNumber(value) : value))
                  .join(', ')}
              </span>
              <span class="small dim known-source">
                {row.confidence === undefined ? null : <span class="tag is-unseen">{row.confidence}</span>}{' '}
                {row.source}
                {row.note === undefined ? null : <span class="known-note">{row.note}</span>}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
