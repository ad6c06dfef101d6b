import { useState } from 'preact/hooks'
import { AskError, ask } from '../api/ask.ts'
import { Fault } from '../parts/notice.tsx'

/** Takes a token for a session; the token itself is not kept in the browser. */
export function LoginPage({ done }: { readonly done: () => Promise<void> }) {
  const [token, setToken] = useState('')
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState<AskError>()
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
