import { findingOf } from '../front/failure-finding.ts'
import type { Failed, FrontFailure } from '../front/front.ts'
import { formatAlert } from '../tls/alerts.ts'
import type { HelloFamilies } from './hello-families.ts'
import type { FailureLabels } from './metrics.ts'

/** A failed handshake as labels, of which there are few, and as a line for people. */
export function failureLabels(
  { failure, hello }: Pick<Failed, 'failure' | 'hello'>,
  families: Pick<HelloFamilies, 'nameOf'>,
): { readonly labels: FailureLabels; readonly message: string } {
  const { cause, what, fix } = findingOf(failure)
  return {
    labels: { finding: cause ?? 'unknown', how: howOf(failure), device: families.nameOf(hello) },
    message: fix === undefined ? what : `${what}: ${fix}`,
  }
}

function howOf(failure: FrontFailure): string {
  switch (failure.kind) {
    case 'alert-received':
      return `alert ${formatAlert(failure.description)}`
    case 'refused':
      return `refused ${failure.reason}`
    case 'closed':
      return `${failure.reset ? 'reset' : 'closed'} after ${failure.after}`
    case 'timeout':
      return `timeout after ${failure.after}`
    case 'not-tls':
      return failure.plainHttp ? 'plain http' : 'not tls'
    case 'too-many':
      return `too many: ${failure.limit}`
  }
}
