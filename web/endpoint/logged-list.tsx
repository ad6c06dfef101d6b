import type { LoggedInfo } from '../../src/api/contract.ts'
import { Minute } from '../parts/time.tsx'

/** Certificates that may be served soon, and of which nothing can be said yet. */
export function LoggedList({ logged }: { readonly logged: readonly LoggedInfo[] }) {
  if (logged.length === 0) return null
  return (
    <section aria-labelledby="logged">
      <h2 id="logged">Logged, not judged</h2>
      <p class="dim small">
        Certificate Transparency has these for its host, newer than what it serves. What a server would send
        with them is not known, so no forecast speaks for them.
      </p>
      <LoggedRows logged={logged} />
    </section>
  )
}

/** Each with what it needs to be judged. */
export function LoggedRows({ logged }: { readonly logged: readonly LoggedInfo[] }) {
  return (
    <ul class="changes">
      {logged.map(({ certificate: { sha256, loggedAt }, title, text }) => (
        <li key={sha256}>
          {loggedAt === undefined ? <span class="dim">no date given</span> : <Minute at={loggedAt} />}
          <span class="name">
            <strong>{title}</strong> <span class="dim">{text}</span>
          </span>
        </li>
      ))}
    </ul>
  )
}
