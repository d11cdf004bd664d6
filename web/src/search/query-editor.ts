// CodeMirror as a one-line query editor: completion of fields and values, errors underlined where they are.
import {
  autocompletion,
  type CompletionContext,
  type CompletionResult,
  completionKeymap,
  completionStatus,
} from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { type Diagnostic, linter } from '@codemirror/lint'
import { EditorState, Prec } from '@codemirror/state'
import {
  Decoration,
  EditorView,
  highlightSpecialChars,
  keymap,
  MatchDecorator,
  placeholder,
  ViewPlugin,
} from '@codemirror/view'
import { facilityNames, severityNames } from '../../../src/model/severity.ts'
import { findField, listFields } from '../../../src/query/fields.ts'
import type { FacetsAnswer } from '../api/answers.ts'
import { get } from '../api/request.ts'
import { invisible, visibleText } from '../text.ts'
import type { RangeText } from '../time/range.ts'
import { clause } from './clause.ts'
import { problemOf } from './query-problem.ts'

export type QueryEditor = {
  readonly text: () => string
  readonly setText: (text: string) => void
  readonly focus: () => void
  readonly stop: () => void
}

export type QueryEditorOptions = {
  readonly text: string
  readonly label: string
  readonly placeholder: string
  /** Values are completed from the records of this range. */
  readonly range: () => RangeText
  readonly submit: (text: string) => void
}

const offeredValues = 20

export function startQueryEditor(parent: HTMLElement, options: QueryEditorOptions): QueryEditor {
  const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? ''
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: options.text,
      extensions: [
        EditorView.cspNonce.of(nonce),
        // Pasted line breaks become blanks: a query is one line.
        EditorState.transactionFilter.of(transaction =>
          transaction.newDoc.lines > 1 ? oneLine(transaction.newDoc.toString()) : transaction,
        ),
        history(),
        Prec.highest(keymap.of([{ key: 'Enter', run: editor => submitUnlessCompleting(editor, options.submit) }])),
        keymap.of([...completionKeymap, ...historyKeymap, ...defaultKeymap, { key: 'Escape', run: leaveEditor }]),
        autocompletion({
          override: [context => complete(context, options.range())],
          icons: false,
          activateOnCompletion: chosen => chosen.label.endsWith(':'),
        }),
        linter(editor => diagnostics(editor.state.doc.toString()), { delay: 250 }),
        words,
        highlightSpecialChars({ specialChars: new RegExp(invisible, 'gu'), render: markInEditor }),
        placeholder(options.placeholder),
        EditorView.contentAttributes.of({
          'aria-label': options.label,
          'aria-multiline': 'false',
          spellcheck: 'false',
          tabindex: '0',
        }),
      ],
    }),
  })
  return {
    text: () => view.state.doc.toString(),
    setText: text => {
      if (text !== view.state.doc.toString()) replaceAll(view, text)
    },
    focus: () => {
      view.focus()
      view.dispatch({ selection: { anchor: view.state.doc.length } })
    },
    stop: () => view.destroy(),
  }

  function oneLine(text: string) {
    return { changes: { from: 0, to: view.state.doc.length, insert: text.replace(/\s*\n\s*/g, ' ') } }
  }
}

/** Fields and operators stand out from values. */
const words = ViewPlugin.define(
  view => {
    const decorator = new MatchDecorator({
      regexp: /(-?[A-Za-z_@][\w.@/-]*(?=:|[<>]))|\b(AND|OR|NOT)\b/g,
      decoration: match => Decoration.mark({ class: match[1] ? 'query-field' : 'query-operator' }),
    })
    let decorations = decorator.createDeco(view)
    return {
      update: update => {
        decorations = decorator.updateDeco(update, decorations)
      },
      get decorations() {
        return decorations
      },
    }
  },
  { decorations: plugin => plugin.decorations },
)

/** The mark that the character has everywhere else; it is still one character to the cursor. */
function markInEditor(code: number): HTMLElement {
  const mark = document.createElement('span')
  mark.className = 'invisible-character'
  mark.textContent = visibleText(String.fromCodePoint(code))
  return mark
}

function submitUnlessCompleting(view: EditorView, submit: (text: string) => void): boolean {
  if (completionStatus(view.state) === 'active') return false
  submit(view.state.doc.toString().trim())
  return true
}

function leaveEditor(view: EditorView): boolean {
  view.contentDOM.blur()
  return true
}

function replaceAll(view: EditorView, text: string): void {
  view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, selection: { anchor: text.length } })
}

function diagnostics(text: string): Diagnostic[] {
  const problem = problemOf(text)
  if (!problem) return []
  const from = Math.min(problem.position, text.length)
  const to = Math.min(Math.max(problem.position + problem.length, from + 1), text.length)
  // At the very end there is nothing to underline: take the last character.
  return [
    { from: from === to ? Math.max(from - 1, 0) : from, to, severity: 'error', message: visibleText(problem.message) },
  ]
}

async function complete(context: CompletionContext, range: RangeText): Promise<CompletionResult | null> {
  const value = context.matchBefore(/[A-Za-z_@][\w.@/-]*:[^\s()":]*/)
  if (value) return completeValue(value.from, value.text, context, range)
  const word = context.matchBefore(/[A-Za-z_@][\w.@/-]*/)
  if (!word && !context.explicit) return null
  return {
    from: word?.from ?? context.pos,
    validFor: /^[\w.@/-]*$/,
    options: listFields().map(field => ({
      label: `${field.alias ?? field.name}:`,
      detail: field.alias === undefined ? field.kind : field.name,
      info: field.help,
      // Short names first: they are what people type.
      boost: field.name.includes('.') && field.alias === undefined ? 0 : 1,
    })),
  }
}

async function completeValue(
  from: number,
  text: string,
  context: CompletionContext,
  range: RangeText,
): Promise<CompletionResult | null> {
  const colon = text.indexOf(':')
  const name = text.slice(0, colon)
  const field = findField(name)
  if (!field || field.kind === 'time' || field.name === 'message') return null
  const known = field.kind === 'severity' ? severityNames : field.kind === 'facility' ? facilityNames : undefined
  const values = known ? known.map(value => ({ value, detail: '' })) : await topValues(field.name, range)
  if (context.aborted) return null
  return {
    from: from + colon + 1,
    validFor: /^[^\s()":]*$/,
    options: values.map(({ value, detail }) => ({
      label: visibleText(value),
      apply: clause('', value).slice(1),
      detail,
    })),
  }
}

async function topValues(field: string, range: RangeText): Promise<{ value: string; detail: string }[]> {
  try {
    const answer = await get<FacetsAnswer>('facets', { ...range, fields: field, limit: offeredValues })
    return (answer.facets[field] ?? []).map(({ value, count }) => ({ value, detail: String(count) }))
  } catch {
    return [] // Completion is a help; the search itself reports what is wrong.
  }
}
