import type { MeasuredDevice, MeasureSession } from '../../src/api/views/view-contract.ts'
import { Empty } from '../parts/notice.tsx'
import { Away, Minute } from '../parts/time.tsx'
import { formatCount } from '../words/figures.ts'
import { Search } from './search-picture.tsx'

/** What is asked of the devices that come, what they said, and what is known by now. */
export function MeasureSessionView({ session }: { readonly session: MeasureSession }) {
  return (
    <>
      <p class="dim">
        Devices are told to ask <code>{session.url}</code> or MQTT on port {session.mqttPort}. Begun{' '}
        <Minute at={session.startedAt} />.
      </p>
      {session.devices.length === 0 ? (
        <Empty title="No device has come yet">
          Load the test CA on one, point it at the URL, and let it retry.
        </Empty>
      ) : (
        session.devices.map((device) => <Device key={device.name} device={device} />)
      )}
      {session.hidden === 0 ? null : (
        <p class="dim">{formatCount(session.hidden, 'more device')}, asked before these.</p>
      )}
    </>
  )
}

function Device({ device }: { readonly device: MeasuredDevice }) {
  const { question, answers, known, searches, lastAt } = device
  return (
    <article class="card measured">
      <div class="alert-head">
        <h3 class="name">{device.name}</h3>
        <span class="dim small">
          {formatCount(device.connections, 'connection')}
          {lastAt === undefined ? (
            ''
          ) : (
            <>
              , the last <Away at={lastAt} />
            </>
          )}
        </span>
      </div>
      <p class="measured-question">
        {question === undefined ? (
          <strong>All is asked.</strong>
        ) : (
          <>
            <span class="dim">Asked next: </span>
            <strong>{question}</strong> <span class="dim small">{device.left}</span>
          </>
        )}
      </p>
      <div class="measured-parts">
        <div>
          <h4>Known so far</h4>
          {known.length === 0 ? <p class="dim small">Nothing yet.</p> : null}
          <dl class="measured-known">
            {known.map(({ name, text }) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{text}</dd>
              </div>
            ))}
          </dl>
        </div>
        <div>
          <h4>Answers, the latest first</h4>
          <ol class="measured-answers">
            {answers.map(({ number, question: asked, answer }) => (
              <li key={number}>
                <span class="figure dim">{number}</span>
                <span class="name">
                  {asked} <strong>{answer}</strong>
                </span>
              </li>
            ))}
          </ol>
        </div>
      </div>
      {searches.map((search) => (
        <Search key={search.title} search={search} />
      ))}
    </article>
  )
}
