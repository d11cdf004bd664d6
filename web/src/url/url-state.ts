// All state of a page is in the URL: reading it, changing it, and links that carry it.
import { useLocation } from 'preact-iso'

export type UrlValues = { readonly [name: string]: string | undefined }

/** A path with its parameters; undefined and empty ones are left out. */
export function href(path: string, values: UrlValues = {}): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(values)) if (value) parameters.set(name, value)
  const query = parameters.toString()
  return query ? `${path}?${query}` : path
}

/** The link to a search; the range is left out where it is the default. */
export function searchHref(q: string, range?: { readonly from: string; readonly to: string }, open?: string): string {
  return href('/search', { q, from: range?.from, to: range?.to === 'now' ? undefined : range?.to, open })
}

/** The parameters of this page and a way to change some; `replace` leaves no step in the history. */
export function useUrlState() {
  const { path, query, route } = useLocation()
  return {
    query: query as UrlValues,
    update: (values: UrlValues, options: { readonly replace?: boolean } = {}) =>
      route(href(path, { ...query, ...values }), options.replace ?? false),
  }
}
