import { useId } from 'preact/hooks'
import type { SearchPicture } from '../../src/api/views/view-contract.ts'

const rowPx = 20
const headPx = 20
const saidWords = { passes: 'passed', fails: 'failed', lost: 'unclear' } as const

/** Each connection a row, what was still open as a band that narrows: across in per cent, down in CSS pixels. */
export function Search({ search }: { readonly search: SearchPicture }) {
  const id = useId()
  const { title, found, edge, steps } = search
  const x = (share: number) => `${8 + share * 64}%`
  const height = headPx + steps.length * rowPx + 4
  const told = steps.map(({ number, amount, said }) => `connection ${number}: ${amount} ${saidWords[said]}`)
  return (
    <figure class="search">
      <figcaption>
        {title}: <strong>{found}</strong>
      </figcaption>
      <svg
        class="limits"
        role="img"
        width="100%"
        height={height}
        aria-labelledby={`${id}t`}
        aria-describedby={`${id}d`}
      >
        <title id={`${id}t`}>How it is looked for: {title}</title>
        <desc id={`${id}d`}>{told.join('; ')}</desc>
        {steps.map((step, row) => {
          const top = headPx + row * rowPx
          const middle = top + rowPx / 2
          return (
            <g key={step.number}>
              <rect
                class="search-open"
                x={x(step.from)}
                y={top}
                width={`${Math.max(0, step.to - step.from) * 64}%`}
                height={rowPx}
              />
              <text class="tick-text" x="0" y={middle + 4}>
                {step.number}
              </text>
              {step.said === 'fails' ? (
                <text class="search-fails" x={x(step.at)} y={middle + 4} text-anchor="middle">
                  ✕
                </text>
              ) : (
                <circle class={`search-${step.said}`} cx={x(step.at)} cy={middle} r="4" />
              )}
              <text class="limit-words" x="100%" y={middle + 4} text-anchor="end">
                {step.amount} {saidWords[step.said]}
              </text>
            </g>
          )
        })}
        <line class="limit-line" x1={x(edge)} x2={x(edge)} y1={headPx - 8} y2={height} />
      </svg>
    </figure>
  )
}
