import { useEffect } from 'preact/hooks'
import { type Answer, useAnswer } from './use-answer.ts'

/** Asked again and again, while somebody looks: a page in the background asks nothing. */
export function usePolled<T>(path: string, everyMs: number): Answer<T> {
  const answer = useAnswer<T>(path)
  const { reload } = answer
  useEffect(() => {
    const look = () => {
      if (document.visibilityState === 'visible') reload()
    }
    const timer = setInterval(look, everyMs)
    document.addEventListener('visibilitychange', look)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', look)
    }
  }, [reload, everyMs])
  return answer
}
