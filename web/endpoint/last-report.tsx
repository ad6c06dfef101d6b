import { useEffect, useState } from 'preact/hooks'
import type { EndpointPage } from '../../src/api/contract.ts'
import { AskError, askText } from '../api/ask.ts'
import { Fault, Waiting } from '../parts/notice.tsx'
import { ReportFrame } from '../parts/report-frame.tsx'

/** The report of the last sight for one fleet: all findings, fixes with their commands. */
export function LastReport(props: {
  readonly endpointId: string
  readonly fleets: EndpointPage['fleets']
  readonly chosen: string | undefined
  readonly seen: boolean
}) {
  const [fleet, setFleet] = useState(
    props.chosen ??
      props.fleets.find(({ verdict }) => verdict?.state === 'blocked')?.id ??
      props.fleets[0]?.id,
  )
  const [open, setOpen] = useState(props.chosen !== undefined)
  if (fleet === undefined || !props.seen) return null
  const unique = props.fleets.filter(({ id }, index, all) => all.findIndex((one) => one.id === id) === index)
  return (
    <section aria-labelledby="report">
      <h2 id="report">Report</h2>
      <div class="buttons report-choice">
        <label>
          <span class="unseen-text">Fleet</span>
          <select value={fleet} onChange={(event) => setFleet(event.currentTarget.value)}>
            {unique.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? 'Hide the report' : 'Show the full report'}
        </button>
      </div>
      {open ? (
        <Report
          key={fleet}
          path={`/endpoints/${encodeURIComponent(props.endpointId)}/report?fleet=${encodeURIComponent(fleet)}`}
        />
      ) : null}
    </section>
  )
}

function Report({ path }: { readonly path: string }) {
  const [html, setHtml] = useState<string>()
  const [fault, setFault] = useState<AskError>()
  useEffect(() => {
    const abort = new AbortController()
    askText(path, { signal: abort.signal }).then(setHtml, (error: unknown) => {
      if (!abort.signal.aborted) setFault(error instanceof AskError ? error : new AskError(0, String(error)))
    })
    return () => abort.abort()
  }, [path])
  if (fault !== undefined) return <Fault error={fault} />
  if (html === undefined) return <Waiting lines={8} what="Loading the report" />
  return <ReportFrame html={html} title="Report of the last sight" />
}
