import type { ComponentChildren } from 'preact'
import type { AskError } from '../api/ask.ts'

/** What went wrong, and what to do about it. */
export function Fault({
  error,
  again,
}: {
  readonly error: AskError
  readonly again?: (() => void) | undefined
}) {
  return (
    <div class="notice fault" role="alert">
      <p>
        <strong>{capital(error.message)}.</strong> {error.at === undefined ? null : <code>{error.at}</code>}
      </p>
      {error.hint === undefined ? null : <p class="dim">{capital(error.hint)}.</p>}
      {again === undefined ? null : (
        <button type="button" onClick={again}>
          Ask again
        </button>
      )}
    </div>
  )
}

/** Nothing here yet: says so, and the next step. */
export function Empty({ title, children }: { readonly title: string; readonly children: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      <div class="dim">{children}</div>
    </div>
  )
}

/** Holds the place of what comes. */
export function Waiting({ lines = 3, what }: { readonly lines?: number; readonly what: string }) {
  return (
    <div class="waiting" role="status">
      <span class="unseen-text">{what}</span>
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} class="bone" aria-hidden="true" />
      ))}
    </div>
  )
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1).replace(/\.$/, '')
}
