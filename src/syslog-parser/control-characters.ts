// Control characters in text (rule R12): a log must not steer a terminal or hide its own words.

// oxlint-disable-next-line no-control-regex -- control characters are the subject
const special = /[\u0000-\u0008\u000b-\u001f\u007f]/

/** CR LF becomes LF; TAB and LF stay; every other C0 and DEL becomes `#ooo` (octal), as rsyslog writes it. */
export function escapeControls(text: string): string {
  if (!special.test(text)) return text
  // oxlint-disable-next-line no-control-regex -- control characters are the subject
  return text.replace(/\r\n|[\u0000-\u0008\u000b-\u001f\u007f]/g, found =>
    found === '\r\n' ? '\n' : `#${found.charCodeAt(0).toString(8).padStart(3, '0')}`,
  )
}
