// Whether somebody is reading the list: the pointer rests on it, or it has been scrolled away from its top.
import type { RefObject } from 'preact'
import { useEffect, useState } from 'preact/hooks'

/** Less is a slip of the wheel. */
const scrolledPx = 40

export function useHeld(list: RefObject<HTMLElement>, enabled: boolean): boolean {
  const [hovered, setHovered] = useState(false)
  const [scrolled, setScrolled] = useState(false)
  useEffect(() => {
    const element = list.current
    const scroller = document.getElementById('main')
    if (!enabled || !element || !scroller) return
    const enter = (event: PointerEvent) => setHovered(event.pointerType === 'mouse')
    const leave = () => setHovered(false)
    const scroll = () => setScrolled(scroller.scrollTop > scrolledPx)
    element.addEventListener('pointerenter', enter)
    element.addEventListener('pointerleave', leave)
    scroller.addEventListener('scroll', scroll, { passive: true })
    return () => {
      element.removeEventListener('pointerenter', enter)
      element.removeEventListener('pointerleave', leave)
      scroller.removeEventListener('scroll', scroll)
      setHovered(false)
      setScrolled(false)
    }
  }, [enabled])
  return hovered || scrolled
}
