// How a value anywhere on the search page becomes a filter.
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'

export type ApplyFilter = (field: string, value: string | number, options: { readonly exclude: boolean }) => void

export const FilterContext = createContext<ApplyFilter>(() => {})

export function useApplyFilter(): ApplyFilter {
  return useContext(FilterContext)
}
