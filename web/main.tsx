import { render } from 'preact'
import { App } from './app.tsx'
import './styles/tokens.css'
import './styles/base.css'
import './styles/shell.css'
import './styles/parts.css'
import './styles/heat-map.css'
import './styles/pages.css'
import './styles/running.css'
import './styles/wire.css'
import { applyTheme, savedTheme } from './theme.ts'

applyTheme(savedTheme())
const place = document.querySelector('#page')
if (place !== null) render(<App />, place)
