import type { ExamView } from './topic.ts'
import { PAIR_MORE_IN_TLS13 } from './topics/chain-shapes.ts'

/** The search counts as TLS 1.2 does; 1.3 has a context and an empty list of extensions a certificate, RFC 8446 §4.4.2. */
export function messageReading({ baseline }: ExamView): (messageBytes: number) => number {
  const more = baseline !== undefined && baseline.version >= 0x0304 ? PAIR_MORE_IN_TLS13 : 0
  return (messageBytes) => messageBytes + more
}
