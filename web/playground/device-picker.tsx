import { useState } from 'preact/hooks'
import type { DeviceInfo } from '../../src/api/contract.ts'
import { useAnswer } from '../api/use-answer.ts'
import { Fault } from '../parts/notice.tsx'

/** Devices of the catalogue, found by typing; those chosen stand above. */
export function DevicePicker(props: {
  readonly chosen: readonly string[]
  readonly choose: (devices: readonly string[]) => void
}) {
  const { chosen, choose } = props
  const [typed, setTyped] = useState('')
  const { data, error, reload } = useAnswer<readonly DeviceInfo[]>('/devices')
  const word = typed.trim().toLowerCase()
  const found = (data ?? []).filter(
    ({ id, name }) => word === '' || id.toLowerCase().includes(word) || name.toLowerCase().includes(word),
  )
  const turn = (id: string) =>
    choose(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id])
  return (
    <fieldset class="picker">
      <legend>Devices</legend>
      {error === undefined ? null : <Fault error={error} again={reload} />}
      <input
        type="search"
        aria-label="Find a device"
        placeholder="nrf9160, esp-idf, bg96…"
        value={typed}
        onInput={(event) => setTyped(event.currentTarget.value)}
      />
      <div class="picker-chosen">
        {chosen.length === 0 ? <span class="dim small">None chosen</span> : null}
        {chosen.map((id) => (
          <button key={id} type="button" aria-pressed="true" onClick={() => turn(id)}>
            {id} <span aria-hidden="true">×</span>
            <span class="unseen-text">, take out</span>
          </button>
        ))}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <ul class="picker-list" tabIndex={0} aria-label="Devices found">
        {found.map(({ id, name }) => (
          <li key={id}>
            <label>
              <input type="checkbox" checked={chosen.includes(id)} onChange={() => turn(id)} />
              <code>{id}</code> <span class="dim">{name}</span>
            </label>
          </li>
        ))}
        {data !== undefined && found.length === 0 ? (
          <li class="dim">No device is called like that.</li>
        ) : null}
      </ul>
    </fieldset>
  )
}
