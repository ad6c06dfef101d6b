import { useRef, useState } from 'preact/hooks'
import type { PlaygroundAnswer, PlaygroundRequest } from '../../src/api/contract.ts'
import { AskError, ask } from '../api/ask.ts'
import { Fault, Waiting } from '../parts/notice.tsx'
import { ReportFrame } from '../parts/report-frame.tsx'
import { formatAmount } from '../words/figures.ts'
import { DevicePicker } from './device-picker.tsx'
import { type Dropped, readDropped } from './dropped.ts'

const titles: { readonly [Kind in PlaygroundAnswer['kind']]: string } = {
  verdicts: 'Verdicts',
  log: 'What the log says',
  capture: 'What the capture shows',
  certificates: 'What the certificates are',
}

/** A URL, or what one has at hand of a failure, judged for chosen devices. Nothing of it is kept. */
export function PlaygroundPage() {
  const [text, setText] = useState('')
  const [file, setFile] = useState<Dropped>()
  const [devices, setDevices] = useState<readonly string[]>([])
  const [over, setOver] = useState(false)
  const [state, setState] = useState<'idle' | 'asked' | AskError | PlaygroundAnswer>('idle')
  const asked = useRef<AbortController>(undefined)
  const result = useRef<HTMLElement>(null)

  const take = async (dropped: File | undefined) => {
    if (dropped === undefined) return
    try {
      setFile(await readDropped(dropped))
      setState('idle')
    } catch (error) {
      setState(error instanceof AskError ? error : new AskError(0, String(error)))
    }
  }
  const judge = async (event: Event) => {
    event.preventDefault()
    asked.current?.abort()
    const abort = new AbortController()
    asked.current = abort
    setState('asked')
    try {
      const answer = await ask<PlaygroundAnswer>('/playground', {
        ...{ method: 'POST', body: requestOf(text, file, devices), signal: abort.signal },
      })
      setState(answer)
      result.current?.focus({ preventScroll: true })
    } catch (error) {
      if (!abort.signal.aborted) setState(error instanceof AskError ? error : new AskError(0, String(error)))
    }
  }
  const isTarget = file === undefined && looksLikeTarget(text.trim())
  const ready = isTarget ? devices.length > 0 : file !== undefined || text.trim() !== ''
  return (
    <div class="narrow">
      <div class="page-head">
        <h1>Playground</h1>
        <p class="dim">Judged here and forgotten: nothing is stored.</p>
      </div>
      <form
        class={over ? 'playground is-over' : 'playground'}
        onSubmit={judge}
        onDragOver={(event) => {
          event.preventDefault()
          setOver(true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault()
          setOver(false)
          void take(event.dataTransfer?.files[0])
        }}
      >
        <div class="playground-input">
          {file === undefined ? (
            <label class="field">
              <span>URL, log or certificates</span>
              <textarea
                rows={7}
                spellcheck={false}
                placeholder={
                  'https://ota.example.com/firmware.bin\n\nor paste a device log, an AT trace or PEM'
                }
                value={text}
                onInput={(event) => setText(event.currentTarget.value)}
              />
            </label>
          ) : (
            <div class="dropped">
              <p class="name">
                <strong>{file.name}</strong> <span class="dim">{formatAmount(file.bytes)}</span>
              </p>
              <button type="button" onClick={() => setFile(undefined)}>
                Take out
              </button>
            </div>
          )}
          <label class="drop-place">
            <input
              class="unseen-text"
              type="file"
              onChange={(event) => {
                void take(event.currentTarget.files?.[0])
                event.currentTarget.value = ''
              }}
            />
            <span>
              Drop a log, PEM or capture (pcap, pcapng) here, or <u>choose a file</u>
            </span>
          </label>
        </div>
        <DevicePicker chosen={devices} choose={setDevices} />
        <div class="buttons">
          <button type="submit" class="main" disabled={!ready || state === 'asked'}>
            Judge
          </button>
          <span class="dim small">
            {devices.length > 0
              ? ''
              : isTarget
                ? 'A URL is judged for devices: choose one at least.'
                : 'No device chosen: a log or capture names its own where it can.'}
          </span>
        </div>
      </form>
      <section class="playground-result" ref={result} tabIndex={-1} aria-live="polite" aria-label="Result">
        {state === 'asked' ? <Waiting lines={6} what="Judging" /> : null}
        {state instanceof AskError ? <Fault error={state} /> : null}
        {typeof state === 'object' && !(state instanceof AskError) ? <Result answer={state} /> : null}
      </section>
    </div>
  )
}

function Result({ answer }: { readonly answer: PlaygroundAnswer }) {
  return (
    <>
      <h2>{titles[answer.kind]}</h2>
      {answer.html === undefined ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
        <pre class="text-report" tabIndex={0}>
          {answer.text}
        </pre>
      ) : (
        <>
          <ReportFrame html={answer.html} title={titles[answer.kind]} />
          <details>
            <summary>As text</summary>
            <pre class="text-report">{answer.text}</pre>
          </details>
        </>
      )}
    </>
  )
}

function requestOf(text: string, file: Dropped | undefined, devices: readonly string[]): PlaygroundRequest {
  if (file !== undefined) return { base64: file.base64, fileName: file.name, devices }
  const typed = text.trim()
  return looksLikeTarget(typed) ? { target: typed, devices } : { text, devices }
}

/** One word with a scheme, a dot or a port: a name of an endpoint, and no log. */
function looksLikeTarget(text: string): boolean {
  return (
    !/\s/.test(text) && /^([a-z][a-z0-9+.-]*:\/\/\S+|[^\s/:]+\.[^\s/:]+(:\d+)?(\/\S*)?|\S+:\d+)$/i.test(text)
  )
}
