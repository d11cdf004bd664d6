// Text from senders on a terminal or in our log: what a terminal would act on is shown as an escape instead.

/** Replaces control characters and those that turn the direction of text by `\u001b`-like escapes. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu, escaped)
}

/** The same, with line feeds kept. */
export function visibleLines(text: string): string {
  return text.split('\n').map(visible).join('\n')
}

function escaped(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
}
