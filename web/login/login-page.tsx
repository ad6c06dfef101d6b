import { useEffect, useState } from 'preact/hooks'
import type { LogInWays } from '../../src/api/contract.ts'
import { AskError, apiUrl, ask } from '../api/ask.ts'
import { Fault } from '../parts/notice.tsx'

/** Takes a token for a session; the token itself is not kept in the browser. */
export function LoginPage({ done }: { readonly done: () => Promise<void> }) {
  const [token, setToken] = useState('')
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState<AskError>()
  const [oidc, setOidc] = useState<LogInWays['oidc']>()
  useEffect(() => {
    const read = async () => {
      const { oidc, failed } = await ask<LogInWays>('/session/ways')
      setOidc(oidc)
      if (failed !== undefined) setFault(new AskError(401, failed.message, failed.hint))
    }
    // Without an answer the token is still a way.
    void read().catch(() => undefined)
  }, [])
  const enter = async (event: Event) => {
    event.preventDefault()
    setBusy(true)
    try {
      await ask('/session', { method: 'POST', body: { token: token.trim() } })
      await done()
    } catch (error) {
      setFault(error instanceof AskError ? error : new AskError(0, String(error)))
    } finally {
      setBusy(false)
    }
  }
  return (
    <main class="login">
      <h1>tlsfit</h1>
      <p class="dim">This dashboard is open to more than this machine, so it asks who you are.</p>
      {fault === undefined ? null : <Fault error={fault} />}
      {oidc === undefined ? null : (
        <p>
          <a class="button" href={apiUrl(`/session/oidc?to=${encodeURIComponent(location.hash)}`)}>
            Log in with {oidc.name}
          </a>
        </p>
      )}
      <form onSubmit={enter}>
        <label class="field">
          <span>Token</span>
          <input
            type="password"
            name="token"
            autocomplete="current-password"
            required
            value={token}
            onInput={(event) => setToken(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="main" disabled={busy}>
          Log in
        </button>
      </form>
      <p class="dim small">
        No token yet: where it runs on loopback, <code>tlsfit watch</code> asks for none, and makes them under
        Settings, Tokens.
      </p>
    </main>
  )
}
