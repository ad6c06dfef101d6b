import { useState } from 'preact/hooks'
import { savedTheme, saveTheme, type Theme } from '../theme.ts'

const next: { readonly [T in Theme]: Theme } = { system: 'light', light: 'dark', dark: 'system' }
const signs: { readonly [T in Theme]: string } = { system: '◐', light: '○', dark: '●' }
const words: { readonly [T in Theme]: string } = { system: 'as the screen', light: 'light', dark: 'dark' }

export function ThemeSwitch() {
  const [theme, setTheme] = useState(savedTheme)
  const turn = () => {
    saveTheme(next[theme])
    setTheme(next[theme])
  }
  return (
    <button type="button" class="plain" onClick={turn} title={`Colours: ${words[theme]}`}>
      <span aria-hidden="true">{signs[theme]}</span>
      <span class="unseen-text">Colours: {words[theme]}. Change</span>
    </button>
  )
}
