// Light, dark, or as the system says; kept in the browser, written to <html data-theme>.
import { signal } from '@preact/signals'

export const themes = ['system', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]

const storageKey = 'picket.theme'

export const theme = signal<Theme>('system')

export function startTheme(): void {
  const stored = localStorage.getItem(storageKey)
  setTheme(themes.find(name => name === stored) ?? 'system')
}

export function setTheme(next: Theme): void {
  theme.value = next
  localStorage.setItem(storageKey, next)
  if (next === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = next
}

/** Calls `run` when colours change: by choice or by the system. Returns the way to stop. */
export function onThemeChange(run: () => void): () => void {
  const system = matchMedia('(prefers-color-scheme: dark)')
  system.addEventListener('change', run)
  let first = true
  const stop = theme.subscribe(() => {
    if (!first) run()
    first = false
  })
  return () => {
    system.removeEventListener('change', run)
    stop()
  }
}
