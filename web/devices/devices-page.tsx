import { useState } from 'preact/hooks'
import type { DeviceInfo } from '../../src/api/contract.ts'
import { useAnswer } from '../api/use-answer.ts'
import { Empty, Fault, Waiting } from '../parts/notice.tsx'
import { formatRoute } from '../route.ts'
import { formatCount } from '../words/figures.ts'
import { DeviceDetail } from './device-detail.tsx'

/** The catalogue: what is known of each device, and where it is written. */
export function DevicesPage({ id }: { readonly id: string | undefined }) {
  const [typed, setTyped] = useState('')
  const { data, error, reload } = useAnswer<readonly DeviceInfo[]>(id === undefined ? '/devices' : undefined)
  if (id !== undefined) return <DeviceDetail key={id} id={id} />
  const word = typed.trim().toLowerCase()
  const found = (data ?? []).filter((device) =>
    [device.id, device.name, device.about].some((text) => text.toLowerCase().includes(word)),
  )
  return (
    <div class="narrow">
      <div class="page-head">
        <h1>Devices</h1>
        <p class="dim">
          {data === undefined
            ? 'The catalogue'
            : formatCount(data.length, 'device family', 'device families')}
        </p>
      </div>
      <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
        <input
          type="search"
          aria-label="Search devices"
          placeholder="Search devices"
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
      </form>
      {error === undefined ? null : <Fault error={error} again={reload} />}
      {data === undefined && error === undefined ? <Waiting lines={14} what="Loading the catalogue" /> : null}
      {found.length === 0 ? null : (
        <p class="device-head dim small" aria-hidden="true">
          <span>Device</span>
          <span>Id</span>
          <span>Versions</span>
          <span>What it is</span>
        </p>
      )}
      <ul class="device-list">
        {found.map((device) => (
          <li key={device.id}>
            <a href={formatRoute(['devices', device.id])}>{device.name}</a>
            <code class="dim">{device.id}</code>
            <span class="dim small device-versions">{device.versions.map(rangeWords).join(', ')}</span>
            <span class="dim small">{device.about}</span>
          </li>
        ))}
      </ul>
      {data !== undefined && found.length === 0 ? (
        <Empty title="No device is called like that">
          A device that is missing can be measured: <code>tlsfit measure</code> writes its profile.
        </Empty>
      ) : null}
    </div>
  )
}

/** `1.1.0..1.1.4` -> `1.1.0 to 1.1.4`, `..2.4` -> `up to 2.4`, `2.5..` -> `from 2.5`. */
function rangeWords(range: string): string {
  const [from, to] = range.split('..', 2)
  if (from === undefined || to === undefined) return range
  if (from === '') return `up to ${to}`
  return to === '' ? `from ${from}` : `${from} to ${to}`
}
