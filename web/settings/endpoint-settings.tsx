import type { EndpointEdit, EndpointInfo } from '../../src/api/contract.ts'
import { Checks, Choice, type Option, TextField } from '../parts/form.tsx'
import { Empty } from '../parts/notice.tsx'
import { formatRoute } from '../route.ts'
import { formatNumber, formatSpan } from '../words/figures.ts'
import { EditedForm } from './edited-form.tsx'
import { EditedList, shownAtMost } from './edited-list.tsx'
import { EndpointDefaults } from './endpoint-defaults.tsx'
import { ScheduleDefaults } from './schedule-defaults.tsx'
import type { SettingsPartProps } from './settings-page.tsx'
import { paces, spansWith, thoroughPaces } from './spans.ts'
import { fieldsOf } from './use-change.ts'

export function EndpointSettings({ settings, changed }: SettingsPartProps) {
  const more = settings.endpoints.length - shownAtMost
  return (
    <>
      <ScheduleDefaults {...{ settings, changed }} />
      <EndpointDefaults {...{ settings, changed }} />
      <EditedList
        items={settings.endpoints}
        path="/endpoints"
        add="Add an endpoint"
        empty={<Empty title="No endpoint yet">Add one above: a URL that devices connect to is enough.</Empty>}
        about={(endpoint) => (
          <>
            <a href={formatRoute(['endpoints', endpoint.id])}>{endpoint.name}</a>
            <span class="dim small">
              <code>{endpoint.target}</code>, every {formatSpan(endpoint.everySeconds)}, from{' '}
              {endpoint.vantages.join(', ')}
            </span>
          </>
        )}
        form={(known, done) => <EndpointForm {...{ settings, changed, known, done }} />}
        changed={changed}
      />
      {more > 0 ? (
        <p class="dim">
          {formatNumber(more)} more: find them in the <a href={formatRoute([])}>overview</a>.
        </p>
      ) : null}
    </>
  )
}

function EndpointForm(
  props: SettingsPartProps & { readonly known: EndpointInfo | undefined; readonly done: () => void },
) {
  const { settings, known, changed, done } = props
  const { everySeconds, thoroughSeconds } = known ?? settings.schedule
  const editOf = (form: HTMLFormElement): EndpointEdit => {
    const { name, target = '', every, thorough, sni, connect } = fieldsOf(form)
    const fleets = new FormData(form).getAll('fleet').map(String)
    return {
      ...{ target, name, sni, connect },
      everySeconds: every === undefined ? null : Number(every),
      thoroughSeconds: thorough === undefined ? null : Number(thorough),
      fleets: fleets.length === 0 || fleets.length === settings.fleets.length ? undefined : fleets,
    }
  }
  return (
    <EditedForm path="/endpoints" label="New endpoint" word="Watch it" {...{ known, editOf, changed, done }}>
      <TextField
        label="Target"
        name="target"
        whole
        required
        maxLength={2000}
        placeholder="https://ota.example.com/firmware.bin"
        defaultValue={known?.target}
      />
      <TextField
        label="Name"
        name="name"
        maxLength={200}
        placeholder="as the target"
        defaultValue={known?.name}
      />
      <Choice
        label="Probed every"
        name="every"
        chosen={known?.own.every === true ? String(everySeconds) : ''}
        options={[asDefault(settings.schedule.everySeconds), ...spansWith(paces, everySeconds)]}
      />
      <Choice
        label="Thorough at least once in"
        name="thorough"
        chosen={known?.own.thorough === true ? String(thoroughSeconds) : ''}
        options={[asDefault(settings.schedule.thoroughSeconds), ...spansWith(thoroughPaces, thoroughSeconds)]}
        note="Then every distinct hello is sent; rounds between send fewer."
      />
      <TextField
        label="Server name, where it is another"
        name="sni"
        maxLength={253}
        placeholder="the target's host"
        defaultValue={known?.sni}
      />
      <TextField
        label="Connect to, where it is another"
        name="connect"
        maxLength={300}
        placeholder="host:port"
        defaultValue={known?.connect}
      />
      {settings.fleets.length === 0 ? null : (
        <Checks
          legend="Fleets that use it (none chosen: all)"
          name="fleet"
          options={settings.fleets.map(({ id, name }) => ({ value: id, word: name }))}
          ticked={known?.fleets ?? []}
        />
      )}
    </EditedForm>
  )
}

function asDefault(seconds: number): Option {
  return { value: '', word: `as the default (${formatSpan(seconds)})` }
}
