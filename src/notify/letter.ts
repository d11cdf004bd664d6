// A mail as data, and its two printers: plain text, and HTML that phones and old mail programs show alike (one table,
// inline styles, no images, nothing loaded from anywhere).
import type { Level } from '../model/rule.ts'
import { escapeHtml } from './visible.ts'

/** Every text in a letter is safe to show (visible.ts); the printers only escape for their own format. */
export type Letter = {
  readonly subject: string
  readonly blocks: readonly Block[]
  /** Why the reader gets this mail. */
  readonly foot: string
}

/** A line, or a line that leads somewhere. */
export type Line = string | { readonly text: string; readonly url: string }

export type Block =
  | { readonly kind: 'title'; readonly level?: Level; readonly text: string; readonly under?: string }
  /** What a sender wrote, in fixed width. */
  | { readonly kind: 'record'; readonly over: string; readonly message: string; readonly under?: string }
  | { readonly kind: 'section'; readonly title: string; readonly lines: readonly string[]; readonly isList?: boolean }
  /** One alert or rule of several in a mail. */
  | {
      readonly kind: 'entry'
      readonly level: Level
      readonly text: string
      readonly lines: readonly Line[]
      readonly url?: string
    }
  | { readonly kind: 'link'; readonly text: string; readonly url: string }
  | { readonly kind: 'small'; readonly text: string }

/** The plain text part. */
export function printText(letter: Letter): string {
  return `${letter.blocks.map(textBlock).join('\n\n')}\n\n-- \n${letter.foot}\n`
}

function textBlock(block: Block): string {
  switch (block.kind) {
    case 'title':
      return lines(`${block.level === undefined ? '' : `${block.level.toUpperCase()}: `}${block.text}`, block.under)
    case 'record':
      return lines(block.over, `  ${block.message}`, block.under)
    case 'section':
      return lines(block.title.toUpperCase(), ...block.lines.map(line => (block.isList ? `- ${line}` : line)))
    case 'entry':
      return lines(
        `${block.level.toUpperCase()}: ${block.text}`,
        ...[...block.lines.map(plainLine), block.url].map(indent),
      )
    case 'link':
      return `${block.text}: ${block.url}`
    case 'small':
      return block.text
    default:
      block satisfies never
      return ''
  }
}

function lines(...parts: readonly (string | undefined)[]): string {
  return parts.filter(part => part !== undefined).join('\n')
}

function plainLine(line: Line): string {
  return typeof line === 'string' ? line : `${line.text}\n    ${line.url}`
}

function indent(line: string | undefined): string | undefined {
  return line === undefined ? undefined : `  ${line}`
}

const font = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
const mono = "font-family:ui-monospace,Menlo,Consolas,'Liberation Mono',monospace"
const muted = 'color:#5b6472'
/** Dark enough for white text on it (contrast at least 4.5). */
const colors: { readonly [level in Level]: string } = {
  informational: '#4b5563',
  low: '#1d6fa5',
  medium: '#8a5a00',
  high: '#b4420f',
  critical: '#b00020',
}

/** The HTML part. */
export function printHtml(letter: Letter): string {
  const rows = letter.blocks.map(block => `<tr><td style="padding:0 20px 16px">${htmlBlock(block)}</td></tr>`)
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light"><title>${escapeHtml(letter.subject)}</title></head>
<body style="margin:0;padding:0;background:#f3f4f6">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#f3f4f6"><tr><td align="center" style="padding:12px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:600px;background:#ffffff;border:1px solid #d9dde3;border-radius:8px;${font};font-size:16px;line-height:1.45;color:#1b1f24">
<tr><td style="padding:20px 0 0"></td></tr>
${rows.join('\n')}
<tr><td style="padding:12px 20px 20px;border-top:1px solid #e5e7eb;font-size:13px;${muted}">${escapeHtml(letter.foot)}</td></tr>
</table>
</td></tr></table>
</body></html>
`
}

function htmlBlock(block: Block): string {
  switch (block.kind) {
    case 'title':
      return `${block.level === undefined ? '' : badge(block.level)}<div style="font-size:21px;line-height:1.25;font-weight:600;margin-top:8px">${escapeHtml(block.text)}</div>${optional(block.under, 'margin-top:4px')}`
    case 'record':
      return `<div style="font-size:13px;${muted};margin-bottom:4px">${escapeHtml(block.over)}</div><div style="${mono};font-size:14px;background:#f6f7f9;border-left:4px solid #9aa4b2;padding:10px 12px;white-space:pre-wrap;word-break:break-word;overflow-wrap:anywhere">${escapeHtml(block.message)}</div>${optional(block.under, `font-size:13px;${muted};margin-top:4px`)}`
    case 'section':
      return `<div style="font-weight:600;margin-bottom:2px">${escapeHtml(block.title)}</div>${sectionBody(block)}`
    case 'entry':
      return `<div style="border-top:1px solid #e5e7eb;padding-top:12px">${badge(block.level)} <span style="font-weight:600">${link(block.url, block.text)}</span>${block.lines.map(line => `<div style="font-size:14px;margin-top:6px;word-break:break-word;overflow-wrap:anywhere">${htmlLine(line)}</div>`).join('')}</div>`
    case 'link':
      return `<a href="${escapeHtml(block.url)}" style="display:inline-block;background:#1f4fbf;color:#ffffff;text-decoration:none;font-weight:600;padding:12px 20px;border-radius:6px">${escapeHtml(block.text)}</a>`
    case 'small':
      return `<div style="font-size:13px;${muted}">${escapeHtml(block.text)}</div>`
    default:
      block satisfies never
      return ''
  }
}

function sectionBody({ lines, isList }: Extract<Block, { kind: 'section' }>): string {
  if (!isList) return `<div>${lines.map(escapeHtml).join('<br>')}</div>`
  return `<ul style="margin:0;padding-left:20px">${lines.map(line => `<li>${escapeHtml(line)}</li>`).join('')}</ul>`
}

function htmlLine(line: Line): string {
  return typeof line === 'string' ? escapeHtml(line) : `${escapeHtml(line.text)} ${link(line.url, 'open')}`
}

function badge(level: Level): string {
  return `<span style="display:inline-block;background:${colors[level]};color:#ffffff;font-size:12px;font-weight:700;letter-spacing:.04em;padding:3px 8px;border-radius:4px">${level.toUpperCase()}</span>`
}

function link(url: string | undefined, text: string): string {
  return url === undefined
    ? escapeHtml(text)
    : `<a href="${escapeHtml(url)}" style="color:#1f4fbf">${escapeHtml(text)}</a>`
}

function optional(text: string | undefined, style: string): string {
  return text === undefined ? '' : `<div style="${style}">${escapeHtml(text)}</div>`
}
