import { useState } from 'preact/hooks'
import { AskError, ask } from '../api/ask.ts'

/** One change at a time, with what came of it. */
export function useChange(changed: () => void) {
  const [fault, setFault] = useState<AskError>()
  const [busy, setBusy] = useState(false)
  /** The answer; undefined where it failed, and then `fault` says why. */
  const send = async <Answer>(
    method: 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
  ): Promise<Answer | undefined> => {
    setBusy(true)
    setFault(undefined)
    try {
      const answer = await ask<Answer>(path, { method, body })
      changed()
      return answer ?? ({} as Answer)
    } catch (error) {
      setFault(error instanceof AskError ? error : new AskError(0, String(error)))
      return undefined
    } finally {
      setBusy(false)
    }
  }
  return { fault, busy, send }
}

/** Fields of a form that are filled in, trimmed. */
export function fieldsOf(form: HTMLFormElement): { readonly [name: string]: string } {
  return Object.fromEntries(
    [...new FormData(form)].flatMap(([name, value]) =>
      typeof value === 'string' && value.trim() !== '' ? [[name, value.trim()]] : [],
    ),
  )
}
