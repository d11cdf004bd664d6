// Text that a sender wrote: text nodes only, invisible characters as marks, query words highlighted.
import { visiblePieces } from '../text.ts'

export type Highlight = { readonly from: number; readonly to: number }

/** `highlights` are UTF-16 ranges of `text`, in order, not overlapping. */
export function Untrusted({ text, highlights = [] }: { text: string; highlights?: readonly Highlight[] }) {
  if (highlights.length === 0) return <Visible text={text} />
  const parts = []
  let at = 0
  for (const { from, to } of highlights) {
    if (from > at) parts.push(<Visible key={at} text={text.slice(at, from)} />)
    parts.push(
      <mark key={`${from}m`}>
        <Visible text={text.slice(from, to)} />
      </mark>,
    )
    at = to
  }
  if (at < text.length) parts.push(<Visible key={at} text={text.slice(at)} />)
  return <>{parts}</>
}

/** The mark of a line break; behind it the line also ends where white space is kept. */
const lineFeed = '\\n'

function Visible({ text }: { text: string }) {
  const pieces = visiblePieces(text)
  return (
    <>
      {pieces.map((piece, index) =>
        piece.mark ? (
          <span key={index} class="invisible-character">
            {piece.text}
            {piece.text === lineFeed && '\n'}
          </span>
        ) : (
          piece.text
        ),
      )}
    </>
  )
}
