// Single-key commands: never while somebody types, while an input method composes, or with a modifier held.
import { useEffect, useRef } from 'preact/hooks'

export type KeyBindings = { readonly [key: string]: (event: KeyboardEvent) => void }

/** Runs the binding of a key pressed anywhere on the page; `g x` binds the sequence. */
export function useKeys(bindings: KeyBindings): void {
  const latest = useRef(bindings)
  latest.current = bindings
  useEffect(() => {
    let prefix: { readonly key: string; readonly at: number } | undefined
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || isTyping(event)) return
      const sequence = prefix && event.timeStamp - prefix.at < sequenceMs ? `${prefix.key} ${event.key}` : undefined
      prefix = event.key === 'g' ? { key: 'g', at: event.timeStamp } : undefined
      // The letter behind `g` is never a command of its own: `g a` must not acknowledge the alert that is open.
      const run = latest.current[sequence ?? event.key]
      if (!run || (event.key === 'Enter' && actsOnEnter(event.target))) return
      run(event)
    }
    document.addEventListener('keydown', press)
    return () => document.removeEventListener('keydown', press)
  }, [])
}

/** Between `g` and its letter. */
const sequenceMs = 1500

/** keyCode 229 is what browsers report for keys that an input method takes (WCAG technique SCR41). */
function isTyping(event: KeyboardEvent): boolean {
  if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey) return true
  if (document.querySelector('dialog[open]')) return true
  const target = event.target
  if (!(target instanceof HTMLElement)) return false
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)
}

function actsOnEnter(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('a, button, summary') !== null
}
