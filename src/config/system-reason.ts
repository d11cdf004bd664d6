// What the operating system says of a file, in words.

/** `no such file` instead of `ENOENT: no such file or directory, open '…'`. */
export function systemReason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code
  const words: { readonly [code: string]: string } = {
    ENOENT: 'no such file',
    EACCES: 'permission denied',
    EISDIR: 'it is a folder',
    ERR_ENCODING_INVALID_ENCODED_DATA: 'it is not UTF-8 text',
  }
  return words[code ?? ''] ?? (error as Error).message
}
