/** The stages of a connection in the order a device lives them. Closed list. */
export const stages = [
  'dns',
  'tcp',
  'hello',
  'chain',
  'path',
  'name',
  'dates',
  'handshake',
  'records',
  'http',
  'mqtt',
] as const
/** One of `stages`. */
export type Stage = (typeof stages)[number]
