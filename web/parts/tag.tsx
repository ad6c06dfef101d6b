import type { State } from '../../src/judge/verdict.ts'
import { type Look, stateLooks } from '../words/states.ts'

export function LookTag({
  look,
  children,
}: {
  readonly look: Look
  readonly children?: preact.ComponentChildren
}) {
  return (
    <span class={`tag ${look.className}`}>
      <span class="sign" aria-hidden="true">
        {look.sign}
      </span>
      {look.word}
      {children}
    </span>
  )
}

export function StateTag({ state }: { readonly state: State | 'unseen' }) {
  return <LookTag look={stateLooks[state]} />
}
