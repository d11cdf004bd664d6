// Only the rows in view exist: @tanstack/virtual-core bound to Preact. The scroller is an ancestor of the list.
import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from '@tanstack/virtual-core'
import type { RefObject } from 'preact'
import { useEffect, useLayoutEffect, useReducer, useState } from 'preact/hooks'

export type VirtualListOptions = {
  readonly count: number
  readonly list: RefObject<HTMLElement>
  readonly scroller: () => HTMLElement | null
  readonly estimatePx: number
  readonly keyOf: (index: number) => string
  /** What sticks to the top of the scroller and would cover a row scrolled to. */
  readonly coveredPx: number
}

export type VirtualList = Virtualizer<HTMLElement, HTMLElement>

export function useVirtualList(options: VirtualListOptions): VirtualList {
  const [, rerender] = useReducer((count: number) => count + 1, 0)
  const [marginPx, setMarginPx] = useState(0)
  const settings = {
    count: options.count,
    getScrollElement: options.scroller,
    estimateSize: () => options.estimatePx,
    getItemKey: options.keyOf,
    overscan: 12,
    scrollMargin: marginPx,
    scrollPaddingStart: options.coveredPx,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    onChange: () => rerender(undefined),
  }
  const [virtualizer] = useState<VirtualList>(() => new Virtualizer(settings))
  virtualizer.setOptions(settings)
  useEffect(() => virtualizer._didMount(), [])
  useLayoutEffect(() => {
    virtualizer._willUpdate()
    setMarginPx(offsetWithin(options.list.current, options.scroller()))
  })
  return virtualizer
}

function offsetWithin(list: HTMLElement | null, scroller: HTMLElement | null): number {
  if (!list || !scroller) return 0
  return Math.round(list.getBoundingClientRect().top - scroller.getBoundingClientRect().top + scroller.scrollTop)
}
