// The query line: a plain input at once, the editor with completion and error marks as soon as it has loaded.
import { Search as SearchIcon } from 'lucide-preact'
import type { RefObject } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { t } from '../i18n/i18n.ts'
import type { RangeText } from '../time/range.ts'
import type { QueryEditor } from './query-editor.ts'
import type { QueryProblem } from './query-problem.ts'

export type QueryBarHandle = { readonly focus: () => void }

type QueryBarProps = {
  readonly q: string
  readonly range: RangeText
  readonly problem: QueryProblem | undefined
  readonly submit: (q: string) => void
  readonly handle: RefObject<QueryBarHandle>
}

export function QueryBar({ q, range, problem, submit, handle }: QueryBarProps) {
  const [draft, setDraft] = useState(q)
  const [editorReady, setEditorReady] = useState(false)
  const place = useRef<HTMLDivElement>(null)
  const input = useRef<HTMLInputElement>(null)
  const editor = useRef<QueryEditor>()
  const latest = useRef({ q, range, submit })
  latest.current = { q, range, submit }
  handle.current = { focus: () => (editor.current ? editor.current.focus() : input.current?.focus()) }

  useEffect(() => {
    let stopped = false
    const load = async () => {
      const { startQueryEditor } = await import('./query-editor.ts')
      if (stopped || !place.current) return
      const typed = input.current?.value ?? latest.current.q
      const hadFocus = document.activeElement === input.current
      editor.current = startQueryEditor(place.current, {
        text: typed,
        label: t('search.query'),
        placeholder: t('search.placeholder'),
        range: () => latest.current.range,
        submit: text => latest.current.submit(text),
      })
      setEditorReady(true)
      if (hadFocus) editor.current.focus()
    }
    void load() // the plain input stays when the editor cannot be loaded
    return () => {
      stopped = true
      editor.current?.stop()
    }
  }, [])
  useEffect(() => {
    setDraft(q)
    editor.current?.setText(q)
  }, [q])

  return (
    <form
      class="query-bar"
      role="search"
      onSubmit={event => {
        event.preventDefault()
        submit(editor.current ? editor.current.text() : draft)
      }}
    >
      <div class={`query-box ${problem ? 'has-problem' : ''}`}>
        <SearchIcon size={16} aria-hidden="true" />
        <div ref={place} class="query-editor" />
        {!editorReady && (
          <input
            ref={input}
            class="query-input log"
            value={draft}
            aria-label={t('search.query')}
            placeholder={t('search.placeholder')}
            autocomplete="off"
            spellcheck={false}
            onInput={event => setDraft(event.currentTarget.value)}
          />
        )}
      </div>
      <button class="button primary" type="submit">
        {t('search.submit')}
      </button>
    </form>
  )
}
