// Cisco's and Huawei's message names: `%LINK-3-UPDOWN`, `%ASA-6-302013`, `%%10SHELL/5/SHELL_LOGIN(l)`.

/** Longer words are text. */
const maxMnemonic = 128

/** True when a message name begins at `at`: `%`, a word, and `-` or `/` before the next blank or colon. */
export function isMnemonic(text: string, at: number): boolean {
  if (text[at] !== '%') return false
  const from = text[at + 1] === '%' ? at + 2 : at + 1
  for (let i = from; i < text.length && i < at + maxMnemonic; i++) {
    const char = text[i]
    if (char === ' ' || char === ':' || char === '\t' || char === '\n') return false
    if ((char === '-' || char === '/') && i > from) return true
  }
  return false
}
