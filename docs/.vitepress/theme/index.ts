/// <reference types="vite/client" />
// The default theme without its fonts: those of the reader's system do, and nothing is fetched for them.
import theme from 'vitepress/theme-without-fonts'
import './site.css'

export default theme
