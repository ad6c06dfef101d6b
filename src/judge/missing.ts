import type { Missing } from './verdict.ts'

/** Evidence that is asked for. `why` is lower case, no full stop. */
export function missing(needs: Missing['needs'], why: string, about?: string): Missing {
  return { needs, why, about }
}

/** Each thing asked for once, in the order of the stages. */
export function uniteMissing(all: readonly Missing[]): Missing[] {
  const seen = new Set<string>()
  return all.filter(({ needs, about }) => {
    const key = `${needs} ${about ?? ''}`
    return seen.has(key) ? false : seen.add(key)
  })
}
