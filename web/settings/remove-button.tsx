import { useState } from 'preact/hooks'

/** Asks once more, in its own place. */
export function RemoveButton(props: {
  readonly what: string
  readonly word?: string
  readonly remove: () => void
}) {
  const [sure, setSure] = useState(false)
  const word = props.word ?? 'Remove'
  if (!sure) {
    return (
      <button type="button" class="plain" onClick={() => setSure(true)}>
        {word}
        <span class="unseen-text"> {props.what}</span>
      </button>
    )
  }
  return (
    <span class="buttons">
      <button type="button" onClick={props.remove}>
        {word}
        <span class="unseen-text"> {props.what}</span>, for good
      </button>
      <button type="button" class="plain" onClick={() => setSure(false)}>
        Keep
      </button>
    </span>
  )
}
