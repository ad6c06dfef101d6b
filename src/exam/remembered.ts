import type { ExamView } from './topic.ts'

/** The same, computed once for each exam: one does not change, with another answer it is another exam. */
export function remembered<T>(compute: (exam: ExamView) => T): (exam: ExamView) => T {
  const known = new WeakMap<ExamView, { readonly value: T }>()
  return (exam) => {
    const found = known.get(exam) ?? { value: compute(exam) }
    known.set(exam, found)
    return found.value
  }
}
