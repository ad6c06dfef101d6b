/** With `TLSFIT_TORTURE=full` each call goes wrong in each way, which takes minutes. */
export const isFull = process.env.TLSFIT_TORTURE === 'full'

/** One in so many without it, others for each `way`. */
const ONE_IN = 5

/** Of the numbers of calls those that are to go wrong in the `way`-th way. */
export function sample(calls: readonly number[], way: number): readonly number[] {
  return isFull ? calls : calls.filter((_call, at) => at % ONE_IN === way % ONE_IN)
}
