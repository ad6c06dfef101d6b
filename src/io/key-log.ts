import { appendFileSync, closeSync, openSync } from 'node:fs'
import { formatHex } from '../codec/hex.ts'
import type { SecretEvent } from '../tls/tls-event.ts'
import { InputError } from './input-error.ts'

const OWNER_ONLY = 0o600

/** Takes the secrets of connections; nothing else may hold them. */
export type KeyLog = (secret: Pick<SecretEvent, 'label' | 'clientRandom' | 'secret'>) => void

/**
 * Opens an NSS key log, as Wireshark reads it: made for its owner alone (0600) where it is not there, else added to.
 * Throws `InputError` (`keylog-unwritable`) at once when it cannot be written, before anything is dialled.
 */
export function openKeyLog(path: string): KeyLog {
  attempt(path, () => closeSync(openSync(path, 'a', OWNER_ONLY)))
  return ({ label, clientRandom, secret }) => {
    const line = `${label} ${formatHex(clientRandom)} ${formatHex(secret)}\n`
    attempt(path, () => appendFileSync(path, line, { mode: OWNER_ONLY }))
  }
}

function attempt<T>(path: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
    throw new InputError(
      'keylog-unwritable',
      `the key log ${path} cannot be written: ${code}`,
      'name a file in a folder that you may write to',
      path,
    )
  }
}
