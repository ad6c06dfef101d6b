import { useEffect, useRef, useState } from 'preact/hooks'
import type { AuditInfo, TokenInfo } from '../../src/api/contract.ts'
import { useLive } from '../api/live.ts'
import { useAnswer } from '../api/use-answer.ts'
import { Empty, Fault, Waiting } from '../parts/notice.tsx'
import { Minute } from '../parts/time.tsx'
import { useMay } from '../session.ts'
import { formatNumber } from '../words/figures.ts'
import { auditActor, auditOrigin, auditRest, auditWords } from './audit-words.ts'
import type { SettingsPartProps } from './settings-page.tsx'

const pageSize = 50

/** Who did what, when and from where, the latest first: page by page, for admins. */
export function AuditLog({ settings }: SettingsPartProps) {
  const may = useMay('admin')
  const [typed, setTyped] = useState('')
  const [search, setSearch] = useState('')
  /** Where each page begins: the id before it; the first begins with the latest. */
  const [starts, setStarts] = useState<readonly (number | undefined)[]>([undefined])
  useEffect(() => {
    const timer = setTimeout(() => {
      setSearch(typed.trim())
      setStarts([undefined])
    }, 200)
    return () => clearTimeout(timer)
  }, [typed])
  const before = starts.at(-1)
  const asked = new URLSearchParams({
    limit: String(pageSize),
    ...(search === '' ? {} : { q: search }),
    ...(before === undefined ? {} : { before: String(before) }),
  })
  const { data, error, reload } = useAnswer<readonly AuditInfo[]>(may ? `/audit?${asked}` : undefined)
  useLive(({ kind }) => kind === 'settings' || kind === 'alert', reload)
  const last = data?.at(-1)
  const top = useRef<HTMLDivElement>(null)
  /** One reads on from the top, where the button that was pressed may be gone. */
  const turnTo = (pages: typeof starts) => {
    setStarts(pages)
    top.current?.focus({ preventScroll: true })
    top.current?.scrollIntoView({ block: 'nearest' })
  }
  const newer = () =>
    starts.length > 1 ? (
      <button type="button" onClick={() => turnTo(starts.slice(0, -1))}>
        Newer
      </button>
    ) : null
  if (!may) return <Empty title="The audit log is for admins">Log in with a token of the scope admin.</Empty>
  return (
    <>
      <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
        <label>
          <span class="unseen-text">Search who, what, whom and from where</span>
          <input
            type="search"
            placeholder="Who, what, from where"
            value={typed}
            maxLength={200}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
        </label>
      </form>
      <div class="buttons pager" ref={top} tabIndex={-1}>
        {newer()}
        {starts.length > 1 ? <span class="dim small">page {formatNumber(starts.length)}</span> : null}
      </div>
      {error === undefined ? null : <Fault error={error} again={reload} />}
      {data === undefined && error === undefined ? <Waiting lines={8} what="Loading the audit log" /> : null}
      {data?.length === 0 ? (
        <Empty title={search === '' ? 'Nobody has changed anything yet' : 'No entry is like that'}>
          Changes, log-ins and log-ins that failed are kept here.
        </Empty>
      ) : null}
      <ul class="rows-list">
        {data?.map((entry) => (
          <AuditEntry key={entry.id} entry={entry} tokens={settings.tokens} />
        ))}
      </ul>
      <div class="buttons">
        {newer()}
        {last !== undefined && data?.length === pageSize ? (
          <button type="button" onClick={() => turnTo([...starts, last.id])}>
            Older
          </button>
        ) : null}
      </div>
    </>
  )
}

function AuditEntry({ entry, tokens }: { readonly entry: AuditInfo; readonly tokens: readonly TokenInfo[] }) {
  const rest = auditRest(entry)
  return (
    <li>
      <div class="name">
        <span>
          <strong>{auditActor(entry.actor, tokens)}</strong> {auditWords(entry, tokens)}
        </span>
        <span class="dim small">
          <Minute at={entry.at} />, {auditOrigin(entry)}
        </span>
        {rest === undefined ? null : (
          <details class="small">
            <summary>Details</summary>
            <code>{rest}</code>
          </details>
        )}
      </div>
    </li>
  )
}
