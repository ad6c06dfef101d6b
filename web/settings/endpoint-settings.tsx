import { useState } from 'preact/hooks'
import type { EndpointEdit, EndpointInfo } from '../../src/api/contract.ts'
import { Empty, Fault } from '../parts/notice.tsx'
import { formatRoute } from '../route.ts'
import { useMay } from '../session.ts'
import { formatSpan } from '../words/figures.ts'
import { RemoveButton } from './remove-button.tsx'
import type { SettingsPartProps } from './settings-page.tsx'
import { fieldsOf, useChange } from './use-change.ts'

const paces = [300, 900, 3600, 6 * 3600, 86_400]

export function EndpointSettings({ settings, changed }: SettingsPartProps) {
  const may = useMay('write')
  const [edited, setEdited] = useState<EndpointInfo | 'new'>()
  const { fault, send } = useChange(changed)
  return (
    <>
      {fault === undefined ? null : <Fault error={fault} />}
      {may && edited === undefined ? (
        <p>
          <button type="button" class="main" onClick={() => setEdited('new')}>
            Add an endpoint
          </button>
        </p>
      ) : null}
      {edited === undefined ? null : (
        <EndpointForm
          key={edited === 'new' ? '' : edited.id}
          edited={edited}
          {...{ settings, changed }}
          done={() => setEdited(undefined)}
        />
      )}
      {settings.endpoints.length === 0 ? (
        <Empty title="No endpoint yet">Add one above: a URL that devices connect to is enough.</Empty>
      ) : (
        <ul class="rows-list">
          {settings.endpoints.slice(0, shownAtMost).map((endpoint) => (
            <li key={endpoint.id}>
              <div class="name">
                <a href={formatRoute(['endpoints', endpoint.id])}>{endpoint.name}</a>
                <span class="dim small">
                  <code>{endpoint.target}</code>, every {formatSpan(endpoint.everySeconds)}, from{' '}
                  {endpoint.vantages.join(', ')}
                </span>
              </div>
              {endpoint.origin === 'file' ? (
                <span class="dim small">in watch.yaml</span>
              ) : may ? (
                <span class="buttons">
                  <button type="button" class="plain" onClick={() => setEdited(endpoint)}>
                    Edit<span class="unseen-text"> {endpoint.name}</span>
                  </button>
                  <RemoveButton
                    what={endpoint.name}
                    remove={() => void send('DELETE', `/endpoints/${encodeURIComponent(endpoint.id)}`)}
                  />
                </span>
              ) : null}
            </li>
          ))}
        </ul>
      )}
      {settings.endpoints.length > shownAtMost ? (
        <p class="dim">
          {settings.endpoints.length - shownAtMost} more: find them in the{' '}
          <a href={formatRoute([])}>overview</a>.
        </p>
      ) : null}
    </>
  )
}

const shownAtMost = 200

function EndpointForm(
  props: SettingsPartProps & { readonly edited: EndpointInfo | 'new'; readonly done: () => void },
) {
  const { settings, edited, done } = props
  const { fault, busy, send } = useChange(props.changed)
  const known = edited === 'new' ? undefined : edited
  const save = async (event: SubmitEvent) => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    const { name, target = '', every, sni, connect } = fieldsOf(form)
    const fleets = new FormData(form).getAll('fleet').map(String)
    const edit: EndpointEdit = {
      ...{ target, name, sni, connect },
      everySeconds: Number(every),
      fleets: fleets.length === 0 || fleets.length === settings.fleets.length ? undefined : fleets,
    }
    const path = known === undefined ? '/endpoints' : `/endpoints/${encodeURIComponent(known.id)}`
    if ((await send(known === undefined ? 'POST' : 'PUT', path, edit)) !== undefined) done()
  }
  return (
    <form
      class="form"
      onSubmit={save}
      aria-label={known === undefined ? 'New endpoint' : `Edit ${known.name}`}
    >
      <label class="field whole">
        <span>Target</span>
        <input
          name="target"
          required
          maxLength={2000}
          placeholder="https://ota.example.com/firmware.bin"
          defaultValue={known?.target}
        />
      </label>
      <label class="field">
        <span>Name</span>
        <input name="name" maxLength={200} placeholder="as the target" defaultValue={known?.name} />
      </label>
      <label class="field">
        <span>Probed every</span>
        <select name="every">
          {[...new Set([...paces, known?.everySeconds ?? 3600])]
            .sort((a, b) => a - b)
            .map((seconds) => (
              <option key={seconds} value={seconds} selected={seconds === (known?.everySeconds ?? 3600)}>
                {formatSpan(seconds)}
              </option>
            ))}
        </select>
      </label>
      <label class="field">
        <span>Server name, where it is another</span>
        <input name="sni" defaultValue={known?.sni} maxLength={253} placeholder="the target's host" />
      </label>
      <label class="field">
        <span>Connect to, where it is another</span>
        <input name="connect" defaultValue={known?.connect} maxLength={300} placeholder="host:port" />
      </label>
      {settings.fleets.length === 0 ? null : (
        <fieldset class="checks whole">
          <legend>Fleets that use it (none chosen: all)</legend>
          {settings.fleets.map(({ id, name }) => (
            <label key={id}>
              <input
                type="checkbox"
                name="fleet"
                value={id}
                defaultChecked={known?.fleets?.includes(id) ?? false}
              />{' '}
              {name}
            </label>
          ))}
        </fieldset>
      )}
      {fault === undefined ? null : (
        <div class="whole">
          <Fault error={fault} />
        </div>
      )}
      <div class="buttons whole">
        <button type="submit" class="main" disabled={busy}>
          {known === undefined ? 'Watch it' : 'Save'}
        </button>
        <button type="button" class="plain" onClick={done}>
          Leave
        </button>
      </div>
    </form>
  )
}
