/** Starts the investor's app. */
import '@/ui/base.css'
import { createRoot } from 'react-dom/client'
import { session } from '@/api/session'
import { startI18n } from '@/i18n/i18n'
import { App } from './App'

const place = document.getElementById('app')
if (!place) throw new Error('The page has no place for the app.')

await Promise.all([startI18n(), session.start()])
createRoot(place).render(<App />)
