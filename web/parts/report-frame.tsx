import { useEffect, useRef, useState } from 'preact/hooks'

/**
 * A report of ours in a frame that may run no script. The page's policy lets no inline style in, in the frame neither: the
 * report's rules are taken out of it and given back as a style sheet object, with the page's own colours after them.
 */
export function ReportFrame({ html, title }: { readonly html: string; readonly title: string }) {
  const frame = useRef<HTMLIFrameElement>(null)
  const [height, setHeight] = useState(firstHeight)
  useEffect(() => {
    const element = frame.current
    if (element === null) return
    const { text, styles } = takeStyles(html)
    let watcher: ResizeObserver | undefined
    const dress = () => {
      const inner = element.contentDocument
      const view = element.contentWindow as (Window & typeof globalThis) | null
      if (inner === null || view === null) return
      inner.adoptedStyleSheets = [styles, ownColours()].map((rules) => {
        const sheet = new view.CSSStyleSheet()
        sheet.replaceSync(rules)
        return sheet
      })
      const measure = () => setHeight(Math.min(inner.documentElement.offsetHeight + 2, maxHeight))
      watcher = new ResizeObserver(measure)
      watcher.observe(inner.documentElement)
      measure()
    }
    const themes = new MutationObserver(dress)
    themes.observe(document.documentElement, { attributeFilter: ['data-theme'] })
    const screen = matchMedia('(prefers-color-scheme: dark)')
    screen.addEventListener('change', dress)
    element.addEventListener('load', dress)
    element.srcdoc = text
    return () => {
      watcher?.disconnect()
      themes.disconnect()
      screen.removeEventListener('change', dress)
      element.removeEventListener('load', dress)
    }
  }, [html])
  return (
    <iframe
      ref={frame}
      class="report"
      title={title}
      sandbox="allow-same-origin allow-popups"
      style={{ height: `${height}px` }}
    />
  )
}

const firstHeight = 480
const maxHeight = 40_000

function takeStyles(html: string): { text: string; styles: string } {
  // Cut out before it is parsed: the policy speaks up against a style even where it is never applied.
  let styles = ''
  const bare = html.replace(/<style>([\s\S]*?)<\/style>/g, (_whole, rules: string) => {
    styles += `${rules}\n`
    return ''
  })
  const parsed = new DOMParser().parseFromString(bare, 'text/html')
  for (const meta of parsed.querySelectorAll('meta[http-equiv]')) meta.remove()
  // A link to a place in the report stays in the report: its base would be the page's.
  for (const link of parsed.querySelectorAll('a[href^="#"]'))
    link.setAttribute('href', `about:srcdoc${link.getAttribute('href') ?? ''}`)
  for (const link of parsed.querySelectorAll('a[href^="http"]')) link.setAttribute('target', '_blank')
  return { text: `<!DOCTYPE html>${parsed.documentElement.outerHTML}`, styles }
}

/** Names that the reports and the page share. */
const shared = [
  '--paper',
  '--panel',
  '--ink',
  '--dim',
  '--line',
  '--accent',
  '--good',
  '--warn',
  '--bad',
  '--open',
]
const soft = ['--good-soft', '--warn-soft', '--bad-soft', '--open-soft', '--bar']

function ownColours(): string {
  const own = getComputedStyle(document.documentElement)
  const rules = [...shared, ...soft].map((name) => `${name}: ${own.getPropertyValue(name)};`)
  return `:root:root { color-scheme: ${own.colorScheme}; ${rules.join(' ')} }
body { font-size: 15px; } main { max-width: none; padding: 0; } header { display: none; }
section.target { content-visibility: visible; } html { overflow-y: hidden; }`
}
