import type { LiveView, ViewHead } from '../../src/api/views/view-contract.ts'
import { useAnswer } from '../api/use-answer.ts'
import { usePolled } from '../api/use-polled.ts'
import { Empty, Fault, Waiting } from '../parts/notice.tsx'
import { formatRoute } from '../route.ts'
import { GatewayStatusView } from './gateway-status.tsx'
import { MeasureSessionView } from './measure-session.tsx'

const everyMs = 3_000

/** Gateways and measurements that run beside the watch, as they tell of themselves while one looks. */
export function LivePage({ id }: { readonly id: string | undefined }) {
  const { data, error, reload } = useAnswer<readonly ViewHead[]>('/views')
  const chosen = data?.find((head) => head.id === id) ?? data?.[0]
  return (
    <div class="narrow">
      <div class="page-head">
        <h1>Running</h1>
        <p class="dim">Asked every three seconds while this page is open; nothing of it is stored.</p>
      </div>
      {error === undefined ? null : <Fault error={error} again={reload} />}
      {data === undefined && error === undefined ? <Waiting lines={8} what="Loading what runs" /> : null}
      {data?.length === 0 ? (
        <Empty title="Nothing that runs is named">
          Write <code>views:</code> into <code>watch.yaml</code>: a gateway by the URL of its operations, a
          measurement by its folder.
        </Empty>
      ) : null}
      {data === undefined || data.length < 2 ? null : (
        <nav class="tabs" aria-label="What runs">
          <ul>
            {data.map((head) => (
              <li key={head.id}>
                <a
                  href={formatRoute(['running', head.id])}
                  aria-current={head === chosen ? 'page' : undefined}
                >
                  {head.name}
                </a>
              </li>
            ))}
          </ul>
        </nav>
      )}
      {chosen === undefined ? null : <View key={chosen.id} head={chosen} />}
    </div>
  )
}

function View({ head }: { readonly head: ViewHead }) {
  const { data, error, reload } = usePolled<LiveView>(`/views/${encodeURIComponent(head.id)}`, everyMs)
  return (
    <section aria-labelledby="view">
      <h2 id="view">
        {head.name} <span class="dim view-kind">{head.kind === 'gateway' ? 'gateway' : 'measurement'}</span>
      </h2>
      {error === undefined ? null : <Fault error={error} again={reload} />}
      {data === undefined ? (
        error === undefined ? (
          <Waiting lines={12} what={`Asking ${head.name}`} />
        ) : null
      ) : data.fault !== undefined ? (
        <Empty title={`Nothing is known of ${head.name} now`}>
          {data.fault}. It is asked again while this page is open.
        </Empty>
      ) : data.kind === 'gateway' ? (
        data.status === undefined ? null : (
          <GatewayStatusView status={data.status} />
        )
      ) : data.session === undefined ? null : (
        <MeasureSessionView session={data.session} />
      )}
    </section>
  )
}
