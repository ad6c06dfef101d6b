import type { RefObject } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'

/** Of links in a row that scrolls sideways where the screen is narrow: the current one is brought to its middle. */
export function useChosenInSight<Row extends HTMLElement>(chosen: string): RefObject<Row | null> {
  const row = useRef<Row>(null)
  useLayoutEffect(() => {
    const link = row.current?.querySelector('[aria-current]')
    if (row.current === null || link === null || link === undefined) return
    const { left, width } = link.getBoundingClientRect()
    const room = row.current.getBoundingClientRect()
    // The row alone: what the page is scrolled to stays.
    row.current.scrollLeft += left + width / 2 - (room.left + room.width / 2)
  }, [chosen])
  return row
}
