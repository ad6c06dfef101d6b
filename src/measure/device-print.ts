import { createHash } from 'node:crypto'
import type { ClientHello } from '../tls/client-hello.ts'
import { isGrease } from '../tls/grease.ts'

/**
 * What stays the same of a device's hellos: version, suites in order and the kinds of its extensions; random, session and
 * the contents of extensions differ from one to the next. Browsers shuffle extensions, so that their order says nothing.
 * Extensions that come and go with a session are left out.
 */
export function helloPrint({ version, cipherSuites, extensions }: ClientHello): string {
  const kinds = extensions
    .map(({ code }) => code)
    .filter((type) => !isGrease(type) && !passing.has(type))
    .sort((a, b) => a - b)
  const suites = cipherSuites.filter((suite) => !isGrease(suite))
  return createHash('sha256')
    .update(JSON.stringify([version, suites, kinds]))
    .digest('hex')
    .slice(0, 16)
}

/** padding, session_ticket, pre_shared_key, early_data, cookie, psk_key_exchange_modes. */
const passing: ReadonlySet<number> = new Set([21, 35, 41, 42, 44, 45])
