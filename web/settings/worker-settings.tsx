import { Empty } from '../parts/notice.tsx'
import { Away } from '../parts/time.tsx'
import { formatCount } from '../words/figures.ts'
import type { SettingsPartProps } from './settings-page.tsx'

export function WorkerSettings({ settings }: SettingsPartProps) {
  const { store, workers } = settings
  return (
    <>
      <p class="dim">
        Store: {store.kind === 'embedded' ? 'embedded, for one process' : 'PostgreSQL'} at{' '}
        <code>{store.place}</code>
      </p>
      {workers.length === 0 ? (
        <Empty title="No worker is at work">
          {store.kind === 'embedded' ? (
            <>
              <code>tlsfit watch</code> probes by itself.
            </>
          ) : (
            <>
              Start one on any machine: <code>tlsfit worker --store postgres://…</code>
            </>
          )}
        </Empty>
      ) : (
        <ul class="rows-list">
          {workers.map((worker) => (
            <li key={worker.id}>
              <div class="name">
                <strong>{worker.id}</strong>
                <span class="dim small">
                  at {worker.vantage}, version {worker.version}, {formatCount(worker.probes, 'probe')}
                </span>
              </div>
              <span class="dim small">
                seen <Away at={worker.seenAt} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}
