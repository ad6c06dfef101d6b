import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { SessionInfo } from '../src/api/contract.ts'

export const SessionContext = createContext<SessionInfo | undefined>(undefined)

/** What cannot be done is not offered. */
export function useMay(scope: 'write' | 'admin'): boolean {
  const had = useContext(SessionContext)?.scope
  return had === 'admin' || had === scope
}
